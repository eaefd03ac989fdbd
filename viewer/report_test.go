package viewer

import (
	"math"
	"testing"
)

func TestReportNumbers(t *testing.T) {
	tests := []struct{ got, want string }{
		{Millilitres(0), "0 ml"},
		{Millilitres(0.01), "<0.1 ml"},
		{Millilitres(4.13), "4.1 ml"},
		{Millilitres(9.96), "10 ml"},
		{Millilitres(212.3847), "212 ml"},
		{Millilitres(999.4), "999 ml"},
		{Millilitres(999.6), "1.0 l"},
		{Millilitres(5214), "5.2 l"},
		{Millilitres(math.NaN()), "– ml"},
		{Percent(0), "0 %"},
		{Percent(0.001), "<0.1 %"},
		{Percent(4.14), "4.1 %"},
		{Percent(9.94), "9.9 %"},
		{Percent(9.96), "10 %"},
		{Percent(100), "100 %"},
		{Percent(math.NaN()), "– %"},
		{Area(84.4), "84 mm²"},
		{Area(350), "3.5 cm²"},
		{Area(1240), "12 cm²"},
		{Number(-712, 0), "−712"},
		{Number(-0.2, 0), "0"},
		{Number(-212.46, 1), "−212.5"},
		{Number(math.Inf(1), 1), "–"},
		{WindowLevel{Center: -600, Width: 1500}.String(), "W 1500 L −600"},
		{RangeFor(1).String(), "HU −750…−300"},
		{RangeFor(2).String(), "HU −300…100"},
		{RangeFor(3).String(), "any HU"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
