package page

import "reflect"

// redact masks every string of a view: a text that is added to it later can't be forgotten.
func redact(v *View, mask func(string) string) { walk(reflect.ValueOf(v), mask) }

func walk(v reflect.Value, mask func(string) string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), mask)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), mask)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), mask)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(mask(v.String()))
		}
	}
}
