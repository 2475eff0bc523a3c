package tools

import "testing"

// CacheDir is where the environment says.
func TestCacheDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/somewhere")
	t.Setenv("ARCHWAY_CACHE", "")
	if got, err := CacheDir(); err != nil || got != "/somewhere/archway" {
		t.Errorf("got %q (%v), expected /somewhere/archway", got, err)
	}
	t.Setenv("ARCHWAY_CACHE", "/elsewhere")
	if got, err := CacheDir(); err != nil || got != "/elsewhere" {
		t.Errorf("got %q (%v), expected /elsewhere", got, err)
	}
}
