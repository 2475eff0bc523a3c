package config

import (
	"archway/internal/spec"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// reader walks a decoded JSON value and collects problems instead of stopping at the first.
type reader struct {
	dir      string // the folder of cdk.json
	problems Problems
	warnings []string // those of the pipeline that is being read
}

func (r *reader) report(at string, value any, format string, args ...any) {
	problem := Problem{Path: at, Value: show(value), Message: fmt.Sprintf(format, args...)}
	// A rule is checked once for each image.
	if !slices.Contains(r.problems, problem) {
		r.problems = append(r.problems, problem)
	}
}

// warn tells of what is worth a look, and stops nothing.
func (r *reader) warn(at string, value any, format string, args ...any) {
	warning := Problem{Path: at, Value: show(value), Message: fmt.Sprintf(format, args...)}.String()
	if !slices.Contains(r.warnings, warning) {
		r.warnings = append(r.warnings, warning)
	}
}

// about reports whether a problem with what is there, or below it, was reported.
func (r *reader) about(at string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool {
		rest, ok := strings.CutPrefix(p.Path, at)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// The kinds of JSON values, and how each is written.
const (
	aString  = "a string"
	aNumber  = "a number"
	aBoolean = "a boolean"
	aList    = "a list"
	anObject = "an object"
)

var written = map[string]string{
	aString:  "write it in double quotes",
	aNumber:  "write a whole number without quotes",
	aBoolean: "write true or false, without quotes",
	aList:    "write it in brackets, [ … ]",
	anObject: "write it in braces, { … }",
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return aString
	case json.Number:
		return aNumber
	case bool:
		return aBoolean
	case []any:
		return aList
	case map[string]any:
		return anObject
	}
	return "null"
}

// typed gives the value if it has the right type, and reports it if not.
func typed[T any](r *reader, at string, value any, want string) (T, bool) {
	t, ok := value.(T)
	switch {
	case ok:
	case value == nil:
		r.report(at, value, "is null where %s belongs: %s, or remove it", want, written[want])
	default:
		r.report(at, value, "is %s where %s belongs: %s", kindOf(value), want, written[want])
	}
	return t, ok
}

// object is a JSON object that is being read.
type object struct {
	r      *reader
	at     string
	fields map[string]any
}

// object reads an object with the keys of a type, and reports all others, unless what is known
// could not be read itself. If it is no object, it reads like an empty one.
func (r *reader) object(at string, value any, known []string) (object, bool) {
	fields, ok := typed[map[string]any](r, at, value, anObject)
	o := object{r: r, at: at, fields: fields}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(known, key) || len(known) == 0 {
			continue
		}
		r.report(o.path(key), nothing{}, "%s", misplaced(key, known))
	}
	return o, ok
}

// keysOf lists the keys of a type.
func keysOf[T any]() []string { return keysIn(reflect.TypeFor[T]()) }

func keysIn(of reflect.Type) []string {
	var keys []string
	for _, field := range spec.Fields(of) {
		keys = append(keys, field.Key)
	}
	return keys
}

func (o object) path(key string) string { return below(o.at, key) }

func (o object) has(key string) bool {
	_, ok := o.fields[key]
	return ok
}

// report reports a problem with the value of a key.
func (o object) report(key string, format string, args ...any) {
	value, ok := o.fields[key]
	if !ok {
		value = nothing{}
	}
	o.r.report(o.path(key), value, format, args...)
}

// text reads a string. It reports whether there is one to check: false if the key is missing, or
// its value of another type.
func (o object) text(key, fallback string) (string, bool) {
	if !o.has(key) {
		return fallback, false
	}
	text, ok := typed[string](o.r, o.path(key), o.fields[key], aString)
	if !ok {
		return text, false
	}
	if broken := misread(text); broken != "" {
		o.report(key, "%s", broken)
		return text, false
	}
	return text, true
}

// misread gives what to tell about a text that would be something else by the time it is used.
func misread(text string) string {
	switch {
	case strings.ContainsRune(text, 0):
		return "holds a NUL character, which nothing takes that it is passed to: remove it"
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
	case strings.Contains(text, "{{resolve:"):
		return `holds "{{resolve:", in whose place CloudFormation puts a value when it deploys, for everybody to read who may look at the resource: ` +
			`write the value itself; a secret for the build belongs under the image's "secrets"`
	case strings.Contains(text, "${Token["):
		return `holds "${Token[", by which the CDK marks values that it fills in: leave it out`
	}
	return ""
}

// name reads a string that must follow a rule of spec. It gives "" if there is none, or if it
// breaks the rule.
func (o object) name(key, rule string) string {
	text, ok := o.text(key, "")
	if !ok {
		return ""
	}
	if broken := spec.Named(rule).Check(text); broken != "" {
		o.report(key, "%s", broken)
		return ""
	}
	return text
}

// required reports a key that is missing.
func (o object) required(key, what string) bool {
	if !o.has(key) {
		o.r.report(o.path(key), nothing{}, "is missing: %s", what)
	}
	return o.has(key)
}

func (o object) flag(key string) bool {
	if !o.has(key) {
		return false
	}
	flag, _ := typed[bool](o.r, o.path(key), o.fields[key], aBoolean)
	return flag
}

// number reads a whole number.
func (o object) number(key string, fallback int) (int, bool) {
	if !o.has(key) {
		return fallback, false
	}
	number, ok := typed[json.Number](o.r, o.path(key), o.fields[key], aNumber)
	if !ok {
		return fallback, false
	}
	// 60 may also be written as 60.0 or 6e1, and is by programs that make JSON.
	f, err := strconv.ParseFloat(number.String(), 64)
	if err != nil || f != float64(int32(f)) {
		o.report(key, "is no whole number, or far too big: %s", written[aNumber])
		return fallback, false
	}
	return int(f), true
}

// list reads a list. It reports whether there is one.
func (o object) list(key string) ([]any, bool) {
	if !o.has(key) {
		return nil, false
	}
	return typed[[]any](o.r, o.path(key), o.fields[key], aList)
}

// object reads an object whose keys users choose.
func (o object) object(key string) object {
	fields := map[string]any{}
	if o.has(key) {
		fields, _ = typed[map[string]any](o.r, o.path(key), o.fields[key], anObject)
	}
	return object{r: o.r, at: o.path(key), fields: fields}
}

// names are the keys of an object that follow a rule, in order; the others are reported.
func (o object) names(rule *spec.Rule) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range slices.Sorted(maps.Keys(o.fields)) {
			if broken := rule.Check(name); broken != "" {
				o.r.report(o.path(name), nothing{}, "%s", broken)
			} else if !yield(name) {
				return
			}
		}
	}
}

// entries reads an object whose values are strings, and whose keys must follow a rule.
func (o object) entries(key string, rule *spec.Rule) map[string]string {
	entries := map[string]string{}
	all := o.object(key)
	for name := range all.names(rule) {
		if text, ok := all.text(name, ""); ok {
			entries[name] = text
		}
	}
	return entries
}

// words reads a list of strings that follow the field's rule, if it has one.
func (o object) words(f spec.Field) []string {
	if list, _ := o.fields[f.Key].([]any); f.MaxItems > 0 && len(list) > f.MaxItems {
		o.report(f.Key, f.Tag.Get("crowd"), len(list), f.MaxItems)
		return []string{}
	}
	return o.items(f.Key, f.Tag.Get("unique") != "", func(word string) string {
		broken := misread(word)
		switch {
		case broken != "" || f.Rule == nil:
		case word == "":
			broken = "is empty: " + f.Rule.Cure
		default:
			broken = f.Rule.Check(word)
		}
		return broken
	})
}

// items reads a list of strings, and leaves out those of which broken has something to tell. Once
// says that none may stand there twice.
func (o object) items(key string, once bool, broken func(text string) string) []string {
	items := []string{}
	list, _ := o.list(key)
	taken := names{}
	for i, value := range list {
		at := item(o.path(key), i)
		text, ok := typed[string](o.r, at, value, aString)
		if !ok {
			continue
		}
		if problem := broken(text); problem != "" {
			o.r.report(at, text, "%s", problem)
			continue
		}
		if once {
			taken.add(o.r, at, text, "remove one of them")
		}
		items = append(items, text)
	}
	return items
}

// choice reads one of a few words.
func choice[T interface {
	~string
	spec.Choice
}](o object, key string, fallback T) T {
	text, ok := o.text(key, "")
	if !ok {
		return fallback
	}
	if allowed := fallback.Choices(); !slices.Contains(allowed, text) {
		o.report(key, "use %s", spec.Quoted(allowed))
		return fallback
	}
	return T(text)
}

// names remembers where each name was used first.
type names map[string]string

// add reports a name that was used before.
func (n names) add(r *reader, at, name, cure string) {
	if name == "" {
		return
	}
	if first, taken := n[name]; taken {
		r.report(at, name, "is also at %s: %s", first, cure)
		return
	}
	n[name] = at
}
