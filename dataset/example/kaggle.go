package example

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/kaggle"
	"glasswork/dataset/npy"
)

// kaggleArrays is a dataset of image stacks [n,h,w] or [n,h,w,1] with one-hot masks [n,h,w,4].
type kaggleArrays struct {
	stacks []kaggleStack
	index  []kaggleIndex
}

type kaggleStack struct {
	name          string
	images, masks *npy.Array
	scale         npy.Scale
	rows          map[int]kaggle.Row // what an index.csv says, by slice
}

type kaggleIndex struct{ stack, z int }

// arrayPairs lists the arrays of images that have masks: images_medseg.npy with
// masks_medseg.npy.
func arrayPairs(dir string) [][2]string {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read has no pairs
	var pairs [][2]string
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".npy") || !strings.Contains(name, "images") {
			continue
		}
		if mask := strings.Replace(name, "images", "masks", 1); exists(dir, mask) {
			pairs = append(pairs, [2]string{name, mask})
		}
	}
	return pairs
}

func openKaggle(_ context.Context, dir string) (Set, error) {
	k := &kaggleArrays{}
	for _, pair := range arrayPairs(dir) {
		s, err := openStack(dir, pair)
		if err != nil {
			return nil, err
		}
		n, _, _, _, _ := s.images.Stack() // checked by openStack
		for z := range n {
			if row, ok := s.rows[z]; ok && !row.Reviewed {
				continue
			}
			k.index = append(k.index, kaggleIndex{len(k.stacks), z})
		}
		k.stacks = append(k.stacks, s)
	}
	return k, nil
}

// openStack opens one pair and checks that image and mask belong together.
func openStack(dir string, pair [2]string) (s kaggleStack, err error) {
	s.name = strings.Trim(strings.Replace(strings.TrimSuffix(pair[0], ".npy"), "images", "",
		1), "_-")
	if s.images, err = npy.Open(filepath.Join(dir, pair[0])); err != nil {
		return s, fmt.Errorf("%s: %w", pair[0], err)
	}
	if s.masks, err = npy.Open(filepath.Join(dir, pair[1])); err != nil {
		return s, fmt.Errorf("%s: %w", pair[1], err)
	}
	n, h, w, c, err := s.images.Stack()
	if err != nil || c != 1 {
		return s, fmt.Errorf("%s: its shape %v is no stack of slices", pair[0], s.images.Shape)
	}
	mn, mh, mw, mc, err := s.masks.Stack()
	if err != nil || mc != 4 || mn != n || mh != h || mw != w {
		return s, fmt.Errorf("%s: its shape %v does not fit the images %v; [n,h,w,4] is expected",
			pair[1], s.masks.Shape, s.images.Shape)
	}
	if s.scale, _, err = s.images.GuessScale(); err != nil {
		return s, fmt.Errorf("%s: %w", pair[0], err)
	}
	s.rows, err = kaggle.ReadIndex(filepath.Join(dir,
		strings.Replace(strings.TrimSuffix(pair[0], ".npy"), "images", "index", 1)+".csv"))
	return s, err
}

func (k *kaggleArrays) Len() int { return len(k.index) }

// Key treats each slice of MedSeg as a patient of its own: the array has more than 40 patients
// and does not say which is which. Every other array counts as one patient.
func (k *kaggleArrays) Key(i int) (patient, caseID string, z int) {
	at := k.index[i]
	s := &k.stacks[at.stack]
	if row, ok := s.rows[at.z]; ok {
		return row.Case, row.Case, row.Z
	}
	if s.name == "medseg" {
		name := fmt.Sprintf("medseg-%d", at.z)
		return name, name, 0
	}
	return s.name, s.name, at.z
}

// At reads slice i; masks become classes.
func (k *kaggleArrays) At(ctx context.Context, i int) (Example, error) {
	if err := ctx.Err(); err != nil {
		return Example{}, err
	}
	at := k.index[i]
	s := &k.stacks[at.stack]
	_, h, w, _, _ := s.images.Stack() // checked when opened
	numbers, err := s.images.Slice(at.z, nil)
	if err != nil {
		return Example{}, fmt.Errorf("%s: %w", s.images.Name(), err)
	}
	hu := make([]int16, h*w)
	s.scale.HU(hu, numbers)
	if numbers, err = s.masks.Slice(at.z, nil); err != nil {
		return Example{}, fmt.Errorf("%s: %w", s.masks.Name(), err)
	}
	patient, caseID, z := k.Key(i)
	return Example{
		Case: caseID, Patient: patient, Z: z, W: w, H: h, HU: hu, Labels: fromOneHot(numbers),
		Known: classes.All(), Spacing: s.rows[at.z].Spacing,
		Reference: "masks of " + s.masks.Name(),
	}, nil
}

// fromOneHot turns [y,x,4] channels into labels. The first channel above one half counts; where
// both kinds of lesion are, the kind is not told.
func fromOneHot(channels []float64) []uint8 {
	labels := make([]uint8, len(channels)/4)
	order := classes.KaggleChannels()
	for i := range labels {
		pixel := channels[4*i : 4*i+4]
		c := slices.IndexFunc(pixel, func(v float64) bool { return v > 0.5 })
		switch {
		case c == 0 && pixel[1] > 0.5: // ground glass and consolidation
			labels[i] = classes.Lesion
		case c >= 0:
			labels[i] = order[c]
		}
	}
	return labels
}
