package example

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/natural"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/picture"
)

// picturePairs is a dataset of pictures, each with a mask of the same name.
type picturePairs struct {
	name  string
	pairs []picturePair
	known classes.Known
}

type picturePair struct{ name, image, mask string }

// openPicturePairs lists the pairs and reads the masks to find out which classes were annotated.
// Datasets of infections leave out the lungs, so lungs other is known only if some mask has it.
// Images without a mask are left out.
func openPicturePairs(ctx context.Context, dir string) (Set, error) {
	for _, names := range picture.Folders() {
		if !exists(dir, names[0]) || !exists(dir, names[1]) {
			continue
		}
		pairs, err := pairUp(filepath.Join(dir, names[0]), filepath.Join(dir, names[1]))
		if err != nil {
			return nil, err
		}
		if masks, ok := asLungMasks(dir, pairs); ok {
			return masks, nil
		}
		p := &picturePairs{name: filepath.Base(dir), pairs: pairs}
		lungs, err := anyLungs(ctx, pairs)
		p.known = classes.Knows(classes.GroundGlass, classes.Consolidation)
		p.known[classes.LungsOther] = lungs
		return p, err
	}
	return nil, errors.New("it holds neither images and masks, nor imagesTr and labelsTr, nor " +
		"images….npy with masks….npy")
}

// pairUp matches images and masks by their names without extension.
func pairUp(images, masks string) ([]picturePair, error) {
	maskOf, err := picturesByName(masks)
	if err != nil {
		return nil, err
	}
	imageOf, err := picturesByName(images)
	if err != nil {
		return nil, err
	}
	var pairs []picturePair
	for name, mask := range maskOf {
		image, ok := imageOf[name]
		if !ok {
			return nil, fmt.Errorf("the mask %s has no image of the same name", filepath.Base(mask))
		}
		pairs = append(pairs, picturePair{name, image, mask})
	}
	slices.SortFunc(pairs, func(a, b picturePair) int {
		return natural.Compare(a.name,
			b.name)
	})
	return pairs, nil
}

func picturesByName(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, osfile.Reason(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		if e.Type().IsRegular() && picture.IsName(e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			files[strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))] = filepath.Join(dir,
				e.Name())
		}
	}
	return files, nil
}

// anyLungs reads all masks and says whether any marks lungs other.
func anyLungs(ctx context.Context, pairs []picturePair) (bool, error) {
	var lungs atomic.Bool
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range pairs {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			labels, _, _, err := picture.ReadMask(p.mask)
			if slices.Contains(labels, classes.LungsOther) {
				lungs.Store(true)
			}
			return err
		})
	}
	err := g.Wait()
	return lungs.Load(), err
}

func (p *picturePairs) Len() int { return len(p.pairs) }

// Key treats each picture as a patient of its own, since pictures do not name patients.
func (p *picturePairs) Key(i int) (patient, caseID string, z int) {
	return p.pairs[i].name, p.pairs[i].name, 0
}

// At reads one picture and its mask.
func (p *picturePairs) At(ctx context.Context, i int) (Example, error) {
	if err := ctx.Err(); err != nil {
		return Example{}, err
	}
	pair := p.pairs[i]
	hu, w, h, err := picture.ReadHU(pair.image)
	if err != nil {
		return Example{}, err
	}
	labels, mw, mh, err := picture.ReadMask(pair.mask)
	if err != nil {
		return Example{}, err
	}
	if mw != w || mh != h {
		return Example{}, fmt.Errorf("%s is %d × %d, its mask is %d × %d",
			filepath.Base(pair.image), w, h, mw, mh)
	}
	return Example{
		Case: pair.name, Patient: pair.name, W: w, H: h, HU: hu, Labels: labels, Known: p.known,
		Reference: "masks of " + p.name,
	}, nil
}
