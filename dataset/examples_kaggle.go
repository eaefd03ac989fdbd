package dataset

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"glasswork/dataset/npy"
	"glasswork/dataset/volume"
)

// kaggle is a dataset of image stacks [n,h,w] or [n,h,w,1] with one-hot masks [n,h,w,4].
type kaggle struct {
	stacks []kaggleStack
	index  []kaggleIndex
}

type kaggleStack struct {
	name          string
	images, masks *npy.Array
	scale         npy.Scale
	rows          map[int]kaggleRow // what an index.csv says, by slice
}

type kaggleIndex struct{ stack, z int }

// kaggleRow is one line of the index that an export writes beside the arrays.
type kaggleRow struct {
	caseID   string
	z        int
	reviewed bool
	spacing  [2]float64
}

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

func openKaggle(_ context.Context, dir string) (Examples, error) {
	k := &kaggle{}
	for _, pair := range arrayPairs(dir) {
		s, err := openStack(dir, pair)
		if err != nil {
			return nil, err
		}
		n, _, _, _, _ := s.images.Stack() // checked by openStack
		for z := range n {
			if row, ok := s.rows[z]; ok && !row.reviewed {
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
	s.name = strings.Trim(strings.Replace(strings.TrimSuffix(pair[0], ".npy"), "images", "", 1), "_-")
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
		return s, fmt.Errorf("%s: its shape %v does not fit the images %v; [n,h,w,4] is expected", pair[1], s.masks.Shape, s.images.Shape)
	}
	if s.scale, _, err = s.images.GuessScale(); err != nil {
		return s, fmt.Errorf("%s: %w", pair[0], err)
	}
	s.rows, err = readIndex(filepath.Join(dir, strings.Replace(strings.TrimSuffix(pair[0], ".npy"), "images", "index", 1)+".csv"))
	return s, err
}

func (k *kaggle) Len() int { return len(k.index) }

// Key takes the slices of an array of single slices (MedSeg: more than 40 patients, which
// is which is not said) for patients of their own, those of other arrays for one patient.
func (k *kaggle) Key(i int) (patient, caseID string, z int) {
	at := k.index[i]
	s := &k.stacks[at.stack]
	if row, ok := s.rows[at.z]; ok {
		return row.caseID, row.caseID, row.z
	}
	if s.name == "medseg" {
		name := fmt.Sprintf("medseg-%d", at.z)
		return name, name, 0
	}
	return s.name, s.name, at.z
}

// At reads slice i; masks become classes.
func (k *kaggle) At(ctx context.Context, i int) (Example, error) {
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
		Known: [volume.NumClasses]bool{true, true, true, true}, Spacing: s.rows[at.z].spacing,
		Reference: "masks of " + s.masks.Name(),
	}, nil
}

// fromOneHot turns [y,x,4] channels into classes: the first channel above one half.
func fromOneHot(channels []float64) []uint8 {
	labels := make([]uint8, len(channels)/4)
	classes := npy.KaggleChannels()
	for i := range labels {
		pixel := channels[4*i : 4*i+4]
		if c := slices.IndexFunc(pixel, func(v float64) bool { return v > 0.5 }); c >= 0 {
			labels[i] = classes[c]
		}
	}
	return labels
}

// readIndex reads the index of an export; without the file it returns nothing.
func readIndex(path string) (map[int]kaggleRow, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 || !slices.Equal(lines[0], kaggleIndexHeader()) {
		return nil, fmt.Errorf("%s is damaged", filepath.Base(path))
	}
	rows := map[int]kaggleRow{}
	for _, line := range lines[1:] {
		var r kaggleRow
		i, err1 := strconv.Atoi(line[0])
		z, err2 := strconv.Atoi(line[2])
		r.caseID, r.z, r.reviewed = line[1], z, line[3] == "1"
		for axis := range 2 {
			r.spacing[axis], _ = strconv.ParseFloat(line[4+axis], 64) // unknown spacing is empty
		}
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%s is damaged", filepath.Base(path))
		}
		rows[i] = r
	}
	return rows, nil
}

// kaggleIndexHeader are the columns of the index: the slice's number in the arrays, its
// study and slice there, whether it was reviewed, and the pixel spacing in mm.
func kaggleIndexHeader() []string {
	return []string{"index", "case", "z", "reviewed", "spacing_y_mm", "spacing_x_mm"}
}
