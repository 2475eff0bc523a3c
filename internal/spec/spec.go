// Package spec holds what users say of a pipeline and its images, each value once: its key in the
// configuration, what it is for, its bounds and its default, and what is wrong with it. The
// configuration reads these types and adds where in cdk.json something is wrong; the constructs
// take them as props and add the prop's name; the functions find those that they need in their
// settings. It is pure Go and stays free of the CDK.
//
// The tags of a field say what can be said of one value alone:
//
//	key      its key in the configuration
//	default  what it is if it is left out; - for a list or a map that is then missing, instead of empty
//	not      that its key says the opposite of the field
//	range    the least and the most of a number, as in 5..480
//	why      whose bounds these are
//	rule     what a text must look like, by its name in rules; of a list, each text in it
//	names    the same of the keys of a map, which users choose
//	least    how many items a list has at least, and
//	most     how many it, or a map, has at most
//	unique   that no item stands in a list twice
//	crowd    what to tell of a list that has more: %d for how many it has, and for most
//	missing  what to do if it is left out although it is required (jsonschema:"required")
//	fits     what to do if it is longer, written as JSON, than a variable of CodeBuild
//
// What two values say together is a method, Problems. The comments are the descriptions in
// config/cdk.schema.json.
package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Problem is what is wrong with a value beside others.
type Problem struct {
	// Key is that of the value.
	Key string
	// Message says what is allowed, why, and what to do.
	Message string
	// Nothing says that the value is not worth showing.
	Nothing bool
}

// Choice is a text of which there are only some.
type Choice interface{ Choices() []string }

// Field is a value of a type.
type Field struct {
	reflect.StructField
	Key      string
	Required bool
	// Negated says that the key is the opposite of the field.
	Negated bool
	// Bounded says that a number is from Least to Most.
	Bounded     bool
	Least, Most int
	// Rule is that of a text, and Names that of the keys of a map; nil if anything goes.
	Rule, Names *Rule
	// Choices are the allowed texts, or items of a list, if there are only some.
	Choices []string
	// MinItems and MaxItems are how many items there may be; 0 means that it doesn't matter.
	MinItems, MaxItems int
}

// Fields lists the values of a type that have keys, with those of what it embeds.
func Fields(of reflect.Type) []Field {
	var all []Field
	for _, field := range reflect.VisibleFields(of) {
		key := field.Tag.Get("key")
		if key == "" || key == "-" {
			continue
		}
		f := Field{StructField: field, Key: key, Required: field.Tag.Get("jsonschema") == "required",
			Negated: field.Tag.Get("not") != ""}
		if least, most, ok := strings.Cut(field.Tag.Get("range"), ".."); ok {
			f.Bounded, f.Least, f.Most = true, number(least), number(most)
		}
		f.Rule, f.Names = named(field.Tag.Get("rule")), named(field.Tag.Get("names"))
		f.MinItems, f.MaxItems = number(field.Tag.Get("least")), number(field.Tag.Get("most"))
		of := field.Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if choice, ok := reflect.Zero(of).Interface().(Choice); ok {
			f.Choices = choice.Choices()
		}
		all = append(all, f)
	}
	return all
}

// Missing says what to do if a required value is left out.
func (f *Field) Missing() string { return f.Tag.Get("missing") }

// Check gives what to tell about a value that breaks the bounds or the rule of its field; "" if it
// is good. It knows nothing of what is inside of it.
func (f *Field) Check(value reflect.Value) string {
	value = reflect.Indirect(value)
	switch {
	case f.Bounded && (value.Int() < int64(f.Least) || value.Int() > int64(f.Most)):
		why := f.Tag.Get("why")
		if why != "" {
			why += ": "
		}
		return why + fmt.Sprintf("use %d to %d", f.Least, f.Most)
	case f.Choices != nil && value.Kind() == reflect.String && !slices.Contains(f.Choices, value.String()):
		return "use " + Quoted(f.Choices)
	case f.Rule != nil && value.Kind() == reflect.String:
		if f.Missing() != "" && f.Rule.Sentence && strings.TrimSpace(value.String()) == "" {
			return "is empty: " + f.Missing()
		}
		return f.Rule.Check(value.String())
	case f.Tag.Get("fits") != "":
		return tooLong(value.Interface(), f.Tag.Get("fits"))
	}
	return ""
}

// MaxVariable is how many characters CodeBuild takes in the value of an environment variable.
// StartBuild answers "EnvironmentVariable should be at most 4096 characters"; AWS documents no
// limit.
// https://github.com/wolfeidau/buildkite-serverless-agent/issues/35
const MaxVariable = 4096

func tooLong(value any, cure string) string {
	if text, err := json.Marshal(value); err == nil && len(text) > MaxVariable {
		return fmt.Sprintf(
			"has %d characters written as JSON, but CodeBuild takes at most %d in an environment variable: %s",
			len(text), MaxVariable, cure)
	}
	return ""
}

// Default is a value of a type of which nothing is said.
func Default[T any]() T {
	var value T
	FillValue(reflect.ValueOf(&value).Elem())
	return value
}

// Fill gives the values that say nothing their defaults, and makes lists and maps empty instead of
// nil.
func Fill[T any](into *T) { FillValue(reflect.ValueOf(into).Elem()) }

// FillValue is Fill for a value whose type is known only when it runs.
func FillValue(value reflect.Value) {
	for _, f := range Fields(value.Type()) {
		field, text := value.FieldByIndex(f.Index), f.Tag.Get("default")
		switch {
		case field.Kind() == reflect.Struct:
			FillValue(field)
		case !field.IsZero(), text == "-":
		case field.Kind() == reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		case field.Kind() == reflect.Map:
			field.Set(reflect.MakeMap(field.Type()))
		case text == "":
		case field.Kind() == reflect.Int:
			field.SetInt(int64(number(text)))
		case field.Kind() == reflect.Bool:
			field.SetBool(!f.Negated)
		default:
			field.SetString(text)
		}
	}
}

// number reads a tag, which is compiled in: a test finds what is none.
func number(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

// Quoted joins values as in: "a", "b" or "c".
func Quoted[T ~string](values []T) string {
	var b strings.Builder
	for i, value := range values {
		switch {
		case i > 0 && i == len(values)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", value)
	}
	return b.String()
}

// texts gives choices as texts.
func texts[T ~string](values ...T) []string {
	var all []string
	for _, value := range values {
		all = append(all, string(value))
	}
	return all
}
