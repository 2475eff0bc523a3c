package cloudformation

import "testing"

// The reasons are for readers: none may be missing.
func TestDescriptors(t *testing.T) {
	for kind, d := range descriptors {
		for property, reason := range d.withoutEffect {
			if reason == "" {
				t.Errorf("%s %s has no reason", kind, property)
			}
			if property == d.name {
				t.Errorf("%s %s is said to have no effect, and is the name", kind, property)
			}
		}
		if (d.ignored == "") == (d.read == nil) {
			t.Errorf("%s is neither read nor said to have no effect, or both", kind)
		}
		if d.access && d.read == nil {
			t.Errorf("%s says who may do what, and is not read", kind)
		}
	}
}

func TestSecondDescriptorOfATypePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("two descriptors stand")
		}
	}()
	describe(queueType, descriptor{ignored: "it is here already"})
}
