package torch

import "testing"

// A processor computes in bfloat16 if it has instructions for it and oneDNN may use them.
func TestNativeBFloat16(t *testing.T) {
	for _, c := range []struct {
		limit       string
		amx, avx512 bool
		want        bool
	}{
		{"DEFAULT", true, true, true},
		{"DEFAULT", false, true, true},
		{"all", false, true, true},
		{"DEFAULT", false, false, false},
		{"AVX512_CORE_BF16", true, true, true},
		{"AVX512_CORE_BF16", true, false, false},
		{"AVX512_CORE", true, true, false},
		{"AVX2", true, true, false},
	} {
		if got := nativeBFloat16(c.limit, c.amx, c.avx512); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
