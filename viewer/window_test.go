package viewer

import (
	"math"
	"testing"
)

func TestWindowGreys(t *testing.T) {
	tests := []struct {
		name string
		wl   WindowLevel
		hu   int16
		want uint8
	}{
		{"below lung", Presets()[0].WindowLevel, -2000, 0},
		{"lung's lower edge", Presets()[0].WindowLevel, -1350, 0},
		{"lung's centre", Presets()[0].WindowLevel, -600, 128},
		{"lung's upper edge", Presets()[0].WindowLevel, 150, 255},
		{"mediastinum, water", Presets()[1].WindowLevel, 0, 102},
		{"mediastinum, fat", Presets()[1].WindowLevel, -100, 38},
		{"bone, white", Presets()[2].WindowLevel, 1350, 255},
		{"the smallest HU", Presets()[2].WindowLevel, math.MinInt16, 0},
		{"the largest HU", Presets()[2].WindowLevel, math.MaxInt16, 255},
		{"width 1 below", WindowLevel{Center: 10, Width: 1}, 9, 0},
		{"width 1 above", WindowLevel{Center: 10, Width: 1}, 10, 255},
		{"width 0 is width 1", WindowLevel{Center: 10}, 9, 0},
		{"width 256 is the identity", WindowLevel{Center: 128, Width: 256}, 77, 77},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var lut [1 << 16]uint8
			tt.wl.fill(&lut)
			if got := lut[uint16(tt.hu)]; got != tt.want {
				t.Errorf("%v at %d HU is grey %d, want %d", tt.wl, tt.hu, got, tt.want)
			}
		})
	}
}

func TestWindowNeverFalls(t *testing.T) {
	for _, p := range append(Presets(), Preset{"odd", WindowLevel{Center: -0.5, Width: 3.5}}) {
		var lut [1 << 16]uint8
		p.fill(&lut)
		for v := math.MinInt16 + 1; v <= math.MaxInt16; v++ {
			if lut[uint16(int16(v))] < lut[uint16(int16(v-1))] {
				t.Fatalf("%s: %d HU is darker than %d", p.Name, v, v-1)
			}
		}
	}
}

func TestAuto(t *testing.T) {
	ramp := make([]int16, 0, 12000)
	for range 2000 {
		ramp = append(ramp, -2048) // padding outside the scanner's circle
	}
	for i := range 10000 {
		ramp = append(ramp, int16(i/10-500))
	}
	wl := Auto(ramp)
	if lo, hi := wl.Center-wl.Width/2, wl.Center+wl.Width/2; lo != -490 || hi != 494 {
		t.Errorf(
			"a ramp from −500 to 499 gets %v…%v, want its 1st and 99.5th percentile −490…494",
			lo, hi,
		)
	}
	if wl := Auto([]int16{7, 7, 7}); wl.Center != 7 || wl.Width < 1 {
		t.Errorf("a flat slice gets %v", wl)
	}
	if wl := Auto(nil); wl.Width < 1 {
		t.Errorf("no slice gets %v", wl)
	}
	if wl := Auto([]int16{math.MinInt16, math.MaxInt16}); wl.Center != math.MaxInt16 ||
		wl.Width < 1 {
		t.Errorf("the extremes get %v", wl)
	}
}

func TestWindowDrag(t *testing.T) {
	lung := Presets()[0].WindowLevel
	if wl := lung.Drag(0.1, 0); wl.Width != 1800 || wl.Center != -600 {
		t.Errorf("a tenth to the right gives %v", wl)
	}
	if wl := lung.Drag(0, -0.1); wl.Width != 1500 || wl.Center != -900 {
		t.Errorf("a tenth up gives %v", wl)
	}
	if wl := lung.Drag(-10, -10); wl.Width != 1 || wl.Center != -4000 {
		t.Errorf("far out gives %v", wl)
	}
}
