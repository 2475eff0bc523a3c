package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// undecodable says why no runtime can read a config, or "". containerd (images.RootFS, when it
// unpacks) and the image library of CRI-O and Podman (OCIConfig) both decode the specification's
// own type and give up on one wrong field, be it one that nobody needs.
func undecodable(b []byte) string {
	err := json.Unmarshal(b, new(specs.Image))
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &kind):
		return readable(err).Error()
	default: // an error in a time doesn't say which field holds it
		return misdated(b)
	}
}

// misdated finds the time that can't be read.
func misdated(b []byte) string {
	var dated struct {
		Created json.RawMessage `json:"created"`
		History []struct {
			Created json.RawMessage `json:"created"`
		} `json:"history"`
	}
	if err := json.Unmarshal(b, &dated); err != nil {
		return readable(err).Error()
	}
	if !isTime(dated.Created) {
		return notTime("created", dated.Created)
	}
	for n, h := range dated.History {
		if !isTime(h.Created) {
			return notTime(fmt.Sprintf("history[%d].created", n), h.Created)
		}
	}
	return "one of its times is not as RFC 3339 has it"
}

func isTime(b json.RawMessage) bool {
	return len(b) == 0 || json.Unmarshal(b, new(time.Time)) == nil
}

func notTime(field string, b json.RawMessage) string {
	return fmt.Sprintf("its field %q holds %.60s, expected a time such as \"2006-01-02T15:04:05Z\"", field, b)
}

// dockerOnly are the fields of a config that Docker and BuildKit decode beside the specification's
// (https://github.com/moby/docker-image-spec/blob/main/specs-go/v1/image.go).
type dockerOnly struct {
	Config struct {
		Healthcheck *struct {
			Test                                          []string
			Interval, Timeout, StartPeriod, StartInterval int64
			Retries                                       int
		}
		OnBuild, Shell []string
	} `json:"config"`
}

// undockerable says why Docker can't read a config that others can, or "".
func undockerable(b []byte) string {
	if err := json.Unmarshal(b, new(dockerOnly)); err != nil {
		return readable(err).Error()
	}
	return ""
}

// expected names in JSON's words what a field is decoded into.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	default:
		return "a whole number"
	}
}
