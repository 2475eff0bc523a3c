package guard

import (
	"errors"
	"strings"
	"testing"
)

func TestDo(t *testing.T) {
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		run  func() error
		want string
	}{
		"nothing": {func() error { return nil }, ""},
		"error":   {func() error { return failed }, "failed"},
		"slice": {func() error { n := -1; _ = make([]byte, 3)[:n]; return nil },
			"slice bounds out of range [:-1], at guard/guard_test.go:"},
		"own panic":       {func() error { panic("odd") }, "made a mistake (odd, at guard/guard_test.go:"},
		"error as reason": {func() error { panic(failed) }, "(failed, at"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Do(test.run)
			if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}
