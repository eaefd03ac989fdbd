package dicom

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

// field is a HU that increases evenly in all directions, so linear interpolation preserves it.
func field(p volume.Point) float64 { return 5*p[0] + 3*p[1] + 7*p[2] }

// sampled returns slices of 24 × 20 pixels of field at positions, with a tilt in degrees.
func sampled(tilt float64, positions ...volume.Point) []file {
	const h, w = 24, 20
	c, s := math.Cos(tilt*math.Pi/180), math.Sin(tilt*math.Pi/180)
	var out []file
	for i, at := range positions {
		var pixels []int
		for y := range h {
			for x := range w {
				across, down := 0.7*float64(x), 0.5*float64(y)
				pixels = append(pixels,
					int(math.Round(field(volume.Point{
						at[0] + across, at[1] + down*c, at[2] - down*s,
					}))))
			}
		}
		out = append(out, slice(0).with(file{
			tagSOPInstance: fmt.Sprint("1.9.", i+1), tagInstance: fmt.Sprint(i + 1),
			tagPosition:    fmt.Sprintf(`%.6f\%.6f\%.6f`, at[0], at[1], at[2]),
			tagOrientation: fmt.Sprintf(`1\0\0\0\%.8f\%.8f`, c, -s),
			tagRows:        uint16(h), tagColumns: uint16(w), tagSpacing: `0.5\0.7`,
			tagSigned: uint16(1), tagBitsStored: uint16(16), tagHighBit: uint16(15),
			tagIntercept: "0", tagPixelData: words(pixels...),
		}))
	}
	return out
}

// at returns positions at the given z, shifted by dy mm at each step and by the given x.
func at(dy float64, zs []float64, xs ...float64) (out []volume.Point) {
	for i, z := range zs {
		p := volume.Point{0, dy * float64(i), z}
		if i < len(xs) {
			p[0] = xs[i]
		}
		out = append(out, p)
	}
	return out
}

func TestStraightGrids(t *testing.T) {
	even, missing := []float64{0, 2, 4, 6, 8}, []float64{0, 2, 6, 8, 10, 12}
	uneven := []float64{0, 1, 2, 3, 4, 5, 7.2, 9.4, 11.6}
	for _, c := range []struct {
		name   string
		files  []file
		title  string // how the description ends; "": nothing is offered
		places int
		air    int // slices that are missing
	}{
		{"straight", sampled(0, at(0, even)...), "", 0, 0},
		{"oblique", sampled(20, at(2*math.Tan(20*math.Pi/180), even)...), "", 0, 0},
		{"tilted", sampled(20, at(0, even)...), ", tilt 20.0° resampled", 5, 0},
		{"tilted the other way", sampled(-20, at(0, even)...), ", tilt 20.0° resampled", 5, 0},
		{"tilted, one missing", sampled(15, at(0, missing)...), ", tilt 15.0° resampled", 7, 1},
		{"uneven", sampled(0, at(0, uneven)...), ", distances resampled", 12, 0},
		{
			"uneven and tilted", sampled(10, at(0, uneven)...),
			", tilt 10.0° and distances resampled", 12, 0,
		},
		{"shifted", sampled(0, at(0, even, 0, 1.9, -0.5, 0.1)...), ", shifts resampled", 5, 0},
		{
			"uneven with a hole", sampled(0, at(0, []float64{0, 2, 4.5, 6.4, 8.6, 19, 21, 23})...),
			", distances resampled", 12, 5,
		},
	} {
		r := scanDir(t, dir(t, c.files...))
		want := 2
		if c.title == "" {
			want = 1
		}
		if len(r.Series) != want {
			t.Errorf("%s: %d series, want %d", c.name, len(r.Series), want)
			continue
		}
		if want == 1 {
			continue
		}
		s := r.Series[1]
		if !s.Resampled || !s.Measurable || !strings.HasSuffix(s.Description, c.title) ||
			s.ID != r.Series[0].ID+"#straight" ||
			!strings.Contains(strings.Join(r.Series[0].Warnings, " "),
				"is offered on a straight grid as well") {
			t.Errorf("%s: %q, resampled %v, measurable %v, ID %s", c.name, s.Description,
				s.Resampled, s.Measurable, s.ID)
		}
		checkStraight(t, c.name, s, c.places, c.air)
	}
}

// checkStraight compares a straight grid with field.
func checkStraight(t *testing.T, name string, s *series.Series, places, air int) {
	t.Helper()
	g := s.Geometry
	spacing := g.Spacing()
	if want := spacing[0] * spacing[1] * spacing[2] / 1000; g.Size[0] != places ||
		math.Abs(g.VoxelML()-want) > 1e-6*want {
		t.Errorf("%s: grid %v is not straight or not of %d places", name, g, places)
	}
	v, err := s.Read(t.Context())
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	empty := 0
	for z := range g.Size[0] {
		inside := 0
		for y := range g.Size[1] {
			for x := range g.Size[2] {
				got, want := float64(v.Slice(z)[y*g.Size[2]+x]),
					field(g.ToMM(float64(z), float64(y), float64(x)))
				if got < -150 { // air, or the edge next to it
					continue
				}
				if inside++; math.Abs(got-want) > 1.6 { // rounded three times
					t.Fatalf("%s: voxel %d,%d,%d is %g HU, want %g", name, z, y, x, got, want)
				}
			}
		}
		if inside == 0 {
			empty++
		} else if inside < 19*22 {
			t.Errorf("%s: slice %d holds %d pixels of 480", name, z, inside)
		}
	}
	if empty != air {
		t.Errorf("%s: %d empty slices, want %d", name, empty, air)
	}
}

func TestRealGantryTilt(t *testing.T) {
	r := scanDir(t, shared.Data(t, "ct-tilt-dcmqa", "GE"))
	if len(r.Series) != 2 || r.Series[0].Measurable || !r.Series[1].Measurable {
		t.Fatalf("%d series", len(r.Series))
	}
	// The volume of the head above -200 HU is that of its slices multiplied by their distances.
	acquired, err := r.Series[0].Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	straight, err := r.Series[1].Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	z := func(i int) float64 { // perpendicular mm of slice i: 14 of 4 mm, one of 1.08, then 7 mm
		return math.Min(float64(i), 13)*4.0019 + math.Min(math.Max(float64(i)-13, 0), 1)*1.0811 +
			math.Max(float64(i)-14, 0)*6.9986
	}
	want := 0.0
	for i := range acquired.Size[0] {
		from, to := z(max(i-1, 0)), z(min(i+1, acquired.Size[0]-1))
		want += float64(above(acquired.Slice(i))) * (to - from) / 2
	}
	got := 0.0
	for i := range straight.Size[0] {
		share := 1.0
		if i == 0 || i == straight.Size[0]-1 {
			share = 0.5
		}
		got += float64(above(straight.Slice(i))) * straight.Spacing()[0] * share
	}
	if math.Abs(got/want-1) > 0.01 {
		t.Errorf("the head has %g ml on the straight grid, %g as acquired", got*0.488*0.488/1000,
			want*0.488*0.488/1000)
	}
}

func above(hu []int16) (n int) {
	for _, v := range hu {
		if v > -200 {
			n++
		}
	}
	return n
}
