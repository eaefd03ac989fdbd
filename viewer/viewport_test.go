package viewer

import (
	"math"
	"math/rand/v2"
	"testing"

	"glasswork/dataset/volume"
)

func axial(rows, cols int, mmY, mmX float64) volume.Geometry {
	return volume.NewGeometry([3]int{1, rows, cols}, [3]float64{5, mmY, mmX}, volume.Point{})
}

func TestFit(t *testing.T) {
	tests := []struct {
		name          string
		g             volume.Geometry
		width, height float64
		x, y, w, h    float64
	}{
		{"square in a wide view", axial(512, 512, 0.8, 0.8), 1000, 500, 250, 0, 500, 500},
		{"square in a tall view", axial(512, 512, 0.8, 0.8), 500, 900, 0, 200, 500, 500},
		{"rows twice as thick", axial(100, 100, 2, 1), 400, 400, 100, 0, 200, 400},
		{"unknown spacing", volume.Geometry{Size: [3]int{1, 10, 20}}, 400, 400, 0, 100, 400, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var v Viewport
			v.Resize(tt.width, tt.height)
			v.Show(tt.g)
			x, y, w, h := v.Picture()
			got, want := [4]float64{x, y, w, h}, [4]float64{tt.x, tt.y, tt.w, tt.h}
			for i := range got {
				if math.Abs(got[i]-want[i]) > 1e-9 {
					t.Fatalf("picture at %v, want %v", got, want)
				}
			}
		})
	}
}

func TestVoxelCorners(t *testing.T) {
	var v Viewport
	v.Resize(100, 100)
	v.Show(axial(10, 10, 1, 1))
	tests := []struct {
		px, py float64
		x, y   int
		ok     bool
	}{
		{0, 0, 0, 0, true},
		{9.9, 0, 0, 0, true},
		{10.1, 0, 1, 0, true},
		{99.9, 99.9, 9, 9, true},
		{100.1, 50, 10, 5, false},
		{-0.1, 50, -1, 5, false},
	}
	for _, tt := range tests {
		if x, y, ok := v.Voxel(tt.px, tt.py); x != tt.x || y != tt.y || ok != tt.ok {
			t.Errorf("voxel at %v,%v is %d,%d,%v, want %d,%d,%v", tt.px, tt.py, x, y, ok, tt.x,
				tt.y, tt.ok)
		}
	}
	if x, y := v.ToVoxel(5, 95); x != 0 || y != 9 {
		t.Errorf("the middle of the first column's last voxel is %v,%v", x, y)
	}
}

func TestMirroredViewportFollowsTheRenderer(t *testing.T) {
	g := axial(10, 10, 1, 1)
	g.Affine[0][0] = -1 // columns run to the patient's right
	var v Viewport
	v.Resize(100, 100)
	v.Show(g)
	if v.Mirror() != (Mirror{X: true}) {
		t.Fatalf("mirror %v", v.Mirror())
	}
	if x, y, _ := v.Voxel(5, 5); x != 9 || y != 0 {
		t.Errorf("the top left pixel shows voxel %d,%d, want 9,0", x, y)
	}
}

func TestViewportRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for n := range 200 {
		g := axial(1+rng.IntN(600), 1+rng.IntN(600), 0.3+rng.Float64()*3, 0.3+rng.Float64()*3)
		if n%2 == 0 {
			g.Affine[0][0] *= -1
		}
		if n%3 == 0 {
			g.Affine[1][1] *= -1
		}
		var v Viewport
		v.Resize(200+rng.Float64()*2000, 200+rng.Float64()*2000)
		v.Show(g)
		for range 10 {
			px, py := rng.Float64()*v.width, rng.Float64()*v.height
			v.ZoomAt(0.5+rng.Float64()*2, px, py)
			v.PanBy(rng.Float64()*100-50, rng.Float64()*100-50)
			x, y := v.ToVoxel(px, py)
			if qx, qy := v.ToView(x, y); math.Abs(qx-px)+math.Abs(qy-py) > 1e-6 {
				t.Fatalf("%v,%v comes back as %v,%v", px, py, qx, qy)
			}
		}
	}
}

func TestZoomKeepsThePointersVoxel(t *testing.T) {
	var v Viewport
	v.Resize(800, 600)
	v.Show(axial(512, 512, 0.7, 0.7))
	x0, y0 := v.ToVoxel(450, 333)
	v.ZoomAt(1.25, 450, 333)
	if x, y := v.ToVoxel(450, 333); math.Abs(x-x0)+math.Abs(y-y0) > 1e-9 {
		t.Errorf("voxel %v,%v moved to %v,%v", x0, y0, x, y)
	}
	if v.Fitted() {
		t.Error("a zoomed view counts as fitted")
	}
}

func TestViewportLimits(t *testing.T) {
	var v Viewport
	v.Resize(512, 512)
	v.Show(axial(512, 512, 1, 1))
	for range 100 {
		v.ZoomAt(2, 0, 0)
	}
	if z := v.Zoom(); z != mostUnitsPerVoxel {
		t.Errorf("zoom ends at %v", z)
	}
	for range 100 {
		v.ZoomAt(0.5, 0, 0)
	}
	if z := v.Zoom(); z != leastOfFit {
		t.Errorf("zoom ends at %v", z)
	}
	v.PanBy(1e9, -1e9)
	if x, y, w, h := v.Picture(); x > 256 || y+h < 256 || w != 256 {
		t.Errorf("the picture was lost: %v %v %v %v", x, y, w, h)
	}
	v.ZoomAt(math.NaN(), 1, 1)
	v.Fit()
	if x, y, w, h := v.Picture(); x != 0 || y != 0 || w != 512 || h != 512 {
		t.Errorf("fitted picture at %v %v %v %v", x, y, w, h)
	}
}

func TestResize(t *testing.T) {
	var v Viewport
	v.Show(axial(100, 100, 1, 1))
	v.Resize(100, 100)
	v.Resize(300, 200)
	if _, _, w, _ := v.Picture(); w != 200 {
		t.Errorf("a fitted picture is %v wide after a resize, want 200", w)
	}
	v.ZoomAt(2, 150, 100)
	x0, y0 := v.ToVoxel(150, 100)
	v.Resize(500, 500)
	if x, y := v.ToVoxel(250, 250); math.Abs(x-x0)+math.Abs(y-y0) > 1e-9 || v.Zoom() != 4 {
		t.Errorf("resize moved the centre from %v,%v to %v,%v, zoom %v", x0, y0, x, y, v.Zoom())
	}
}

func TestNothingShown(t *testing.T) {
	var v Viewport
	v.Resize(0, 0)
	v.ZoomAt(2, 1, 1)
	v.PanBy(3, 3)
	if _, _, ok := v.Voxel(1, 1); ok {
		t.Error("a voxel where nothing is shown")
	}
}
