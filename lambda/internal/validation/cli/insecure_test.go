package cli

import "testing"

// Only a registry that is named may speak plain HTTP, and only to the end of its name.
func TestInsecure(t *testing.T) {
	for image, want := range map[string]string{
		"registry.example:5000/app:1": "http", "registry.example/app:1": "https",
		"registry.example:5001/app:1":   "https",
		"a.registry.example:5000/app:1": "https", "localhost:5000/app:1": "http", "ghcr.io/me/app": "https",
	} {
		parsed, err := parseImage(image, "registry.example:5000")
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.(inRegistry).Context().Scheme(); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
	o, err := parse([]string{"--insecure-registry", "a:1,b", "--insecure-registry", "c", "x"})
	if err != nil || len(o.insecure) != 3 {
		t.Errorf("%q, %v", o.insecure, err)
	}
}
