package config

import (
	"reflect"
	"strings"

	"archway/internal/spec"
)

// special are keys of a type that are read by hand.
type special map[string]func()

// read fills in what the object says.
func read[T any](o object, into *T, by special) { o.read(reflect.ValueOf(into).Elem(), by) }

// read fills in what the object says, in the order of the type's keys, and reports what spec says
// of it. What is read by hand is so whether the key is there or not.
func (o object) read(into reflect.Value, by special) {
	for _, f := range spec.Fields(into.Type()) {
		if !o.has(f.Key) && f.Missing() != "" {
			o.required(f.Key, f.Missing())
		}
		if own := by[f.Key]; own != nil {
			own()
		} else if o.has(f.Key) {
			o.field(f, into.FieldByIndex(f.Index))
		}
	}
	if beside, ok := into.Interface().(interface{ Problems() []spec.Problem }); ok {
		for _, problem := range beside.Problems() {
			switch {
			case problem.Key == "" && o.r.about(o.at):
			case problem.Key == "":
				o.r.report(o.at, nothing{}, "%s", problem.Message)
			case o.r.about(o.path(problem.Key)):
			case problem.Nothing:
				o.r.report(o.path(problem.Key), nothing{}, "%s", problem.Message)
			default:
				o.report(problem.Key, "%s", problem.Message)
			}
		}
	}
}

// field reads the value of one key. Of a wrong one, the default stays, or nothing.
func (o object) field(f spec.Field, into reflect.Value) {
	ok := true
	switch value := into.Addr().Interface().(type) {
	case *bool:
		*value = o.flag(f.Key) != f.Negated
	case *int:
		*value, ok = o.number(f.Key, *value)
	case **int:
		var number int
		if number, ok = o.number(f.Key, 0); ok {
			*value = &number
		}
	case *[]string:
		*value = o.words(f)
	case *map[string]string:
		*value = o.entries(f.Key, f.Names)
	default:
		if into.Kind() != reflect.String {
			o.nested(f, into)
			return
		}
		var text string
		if text, ok = o.text(f.Key, ""); ok {
			before := into.String()
			if into.SetString(text); f.Rule != nil && f.Rule.Sentence {
				into.SetString(strings.TrimSpace(text))
			}
			if broken := f.Check(into); broken != "" {
				o.report(f.Key, "%s", broken)
				into.SetString(before)
			}
			return
		}
	}
	if broken := f.Check(into); ok && broken != "" {
		o.report(f.Key, "%s", broken)
	}
}

// nested reads objects: one, a list of them, or some by names that the user chooses.
func (o object) nested(f spec.Field, into reflect.Value) {
	switch into.Kind() {
	case reflect.Struct:
		o.r.inner(o.path(f.Key), o.fields[f.Key], into)
		return
	case reflect.Pointer:
		one := reflect.New(into.Type().Elem())
		if o.r.inner(o.path(f.Key), o.fields[f.Key], one.Elem()) {
			into.Set(one)
		}
		return
	}
	of := into.Type().Elem()
	switch into.Kind() {
	case reflect.Slice:
		list, _ := o.list(f.Key)
		for i, value := range list {
			one := reflect.New(of).Elem()
			if o.r.inner(item(o.path(f.Key), i), value, one) {
				into.Set(reflect.Append(into, one))
			}
		}
	case reflect.Map:
		all := o.object(f.Key)
		for name := range all.names(f.Names) {
			one := reflect.New(of).Elem()
			o.r.inner(all.path(name), all.fields[name], one)
			into.SetMapIndex(reflect.ValueOf(name), one)
		}
	}
}

// inner reads an object of a type, with its defaults. It reports whether it is one.
func (r *reader) inner(at string, value any, into reflect.Value) bool {
	spec.FillValue(into)
	o, ok := r.object(at, value, keysIn(into.Type()))
	if ok {
		o.read(into, nil)
	}
	return ok
}

// optional reads an object that may be missing: then there is none. By reads keys by hand, of what
// is being read.
func optional[T any](parent object, key string, by func(o object, into *T) special) (*T, object) {
	value, ok := parent.fields[key]
	if !ok {
		return nil, object{}
	}
	into := spec.Default[T]()
	o, ok := parent.r.object(parent.path(key), value, keysOf[T]())
	if !ok {
		return nil, object{}
	}
	var hand special
	if by != nil {
		hand = by(o, &into)
	}
	o.read(reflect.ValueOf(&into).Elem(), hand)
	return &into, o
}
