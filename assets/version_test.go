package assets

import "testing"

func TestVersionIsThatOfTheBuild(t *testing.T) {
	for module, want := range map[string]string{
		"":                                       "devel",
		"(devel)":                                "devel",
		"v0.2.0":                                 "0.2.0",
		"v0.2.1-0.20261128101112-0123456789ab":   "0.2.1-0.20261128101112-0123456789ab",
		"v0.0.0-20261128101112-0123456789+dirty": "0.0.0-20261128101112-0123456789+dirty",
	} {
		if got := versionOf(module); got != want {
			t.Errorf("versionOf(%q) = %q, want %q", module, got, want)
		}
	}
}
