package assumptions

import (
	"reflect"
	"strings"
	"testing"
)

func TestReadings(t *testing.T) {
	if got, fields := len(ReadingNames()), reflect.TypeFor[Readings]().NumField(); got != fields {
		t.Errorf("got %d names for %d facts", got, fields)
	}
	for _, name := range ReadingNames() {
		var r Readings
		if err := r.Set(name); err != nil {
			t.Error(err)
		}
		if r.String() != name || len(r.Sentences()) != 1 {
			t.Errorf("%s: got %q, %q", name, r.String(), r.Sentences())
		}
	}
	var all, none Readings
	if err := all.Set("all"); err != nil || all.String() != strings.Join(ReadingNames(), ",") {
		t.Errorf("all: got %q, %v", all.String(), err)
	}
	if err := none.Set(""); err != nil || none != (Readings{}) {
		t.Errorf("nothing: got %+v, %v", none, err)
	}
	if err := none.Set("mount,mounts"); err == nil || !strings.Contains(err.Error(), "mounts") {
		t.Errorf("an unknown name: got %v", err)
	}
}
