package index

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxAmbiguities bounds how many are named: one is enough to refuse a document.
const maxAmbiguities = 5

// ambiguities names what two programs may read differently in a JSON document, at any depth: a key
// that stands twice in one object, of which one program takes the first and another the last; a key
// that differs from one that is known there by its case alone, which Go's decoder takes for the
// known one and most others don't; and bytes that are no UTF-8. Other keys may be there, as the
// image specification has it. known is the type that the document is decoded into.
func ambiguities(b []byte, known any) []string {
	w := ambiguous{decoder: jsontext.NewDecoder(bytes.NewReader(b),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	if !utf8.Valid(b) {
		w.found = append(w.found, "it holds bytes that are no UTF-8")
	}
	_ = w.value(reflect.TypeOf(known)) // what is no JSON, decoding has said
	return w.found
}

type ambiguous struct {
	decoder *jsontext.Decoder
	found   []string
}

// value looks through the next value, which is decoded into the type. Nil: nobody decodes it.
func (w *ambiguous) value(t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	token, err := w.decoder.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case '{':
		err = w.object(t)
	case '[':
		var of reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			of = t.Elem()
		}
		for err == nil && w.decoder.PeekKind() != ']' {
			err = w.value(of)
		}
	default:
		return nil
	}
	if err == nil {
		_, err = w.decoder.ReadToken()
	}
	return err
}

// keySeed is this process's own: nobody can prepare two keys that hash alike.
var keySeed = maphash.MakeSeed()

func (w *ambiguous) object(t reflect.Type) error {
	members := membersOf(t)
	seen := map[uint64]struct{}{}
	for w.decoder.PeekKind() != '}' {
		token, err := w.decoder.ReadToken()
		if err != nil {
			return err
		}
		key := token.String()
		h := maphash.String(keySeed, key)
		if _, twice := seen[h]; twice {
			w.add("the key %s stands twice", key)
		}
		seen[h] = struct{}{}
		if other, differs := members.spelled(key); differs {
			w.add("the key %s differs from %q by case alone", key, other)
		}
		if err := w.value(members.of(key)); err != nil {
			return err
		}
	}
	return nil
}

func (w *ambiguous) add(format, key string, more ...any) {
	if len(w.found) == maxAmbiguities {
		return
	}
	var at []string
	for token := range w.decoder.StackPointer().Parent().Tokens() {
		at = append(at, token)
	}
	text := fmt.Sprintf(format, append([]any{fmt.Sprintf("%.60q", key)}, more...)...)
	if len(at) > 0 {
		text += fmt.Sprintf(" (in %.100q)", strings.Join(at, "."))
	}
	w.found = append(w.found, text)
}

// members are what an object is decoded into: a struct's fields by name, or anything, all of one
// type.
type members struct {
	fields map[string]reflect.Type
	all    reflect.Type
}

var raw = reflect.TypeFor[json.RawMessage]()

func membersOf(t reflect.Type) members {
	switch {
	case t == nil || t == raw:
	case t.Kind() == reflect.Map:
		return members{all: t.Elem()}
	case t.Kind() == reflect.Struct:
		m := members{fields: map[string]reflect.Type{}}
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				m.fields[name] = f.Type
			}
		}
		return m
	}
	return members{}
}

func (m members) of(key string) reflect.Type {
	if t, ok := m.fields[key]; ok {
		return t
	}
	return m.all
}

// spelled gives the field that a key differs from by case alone.
func (m members) spelled(key string) (field string, differs bool) {
	if _, ok := m.fields[key]; ok {
		return "", false
	}
	for name := range m.fields {
		if strings.EqualFold(name, key) { // as Go's decoder compares
			return name, true
		}
	}
	return "", false
}
