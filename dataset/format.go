package dataset

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/dicom"
	"glasswork/dataset/metaimage"
	"glasswork/dataset/nifti"
	"glasswork/dataset/npy"
	"glasswork/dataset/nrrd"
	"glasswork/dataset/series"
	"glasswork/dataset/tiff"
)

// format is one kind of file that can be opened.
type format struct {
	// names are what sentences call it.
	names []string
	// take takes the files of its kind out of a list; nil if they hold no series. root is what
	// the user opened. err is ctx's alone.
	take func(ctx context.Context, root string, files []string) (found, error)

	// is says by its name whether a file is of this kind, annotation reads the annotation in
	// one, and annotates looks into its headers for any. They are nil if it holds none.
	is         func(path string) bool
	annotation func(ctx context.Context, path string) (*annotation.Segmentation, error)
	annotates  func(path string) Annotates
}

// found is what one format makes of a list of files; left are those that are not its own.
type found struct {
	series  []*series.Series
	skipped []string
	left    []string
}

// formats are tried in this order. DICOM comes last as its files have no sure extension: it
// looks into everything that the others leave.
func formats() []format {
	return []format{
		{
			names: []string{"NIfTI"}, take: takeNIfTI,
			is: nifti.IsName, annotation: nifti.OpenSegmentation, annotates: ifGrey(nifti.Open),
		},
		{
			names: []string{"NRRD"}, take: takeHeaders(nrrd.IsName, nrrd.Open, nrrd.DataFiles),
			is: nrrd.IsName, annotation: nrrd.OpenSegmentation, annotates: nrrdAnnotates,
		},
		{
			names: []string{"MetaImage"},
			take:  takeHeaders(metaimage.IsName, metaimage.Open, metaimage.DataFiles),
			is:    metaimage.IsName, annotation: metaimage.OpenSegmentation,
			annotates: ifGrey(metaimage.Open),
		},
		{names: []string{"TIFF"}, take: takeTIFF},
		{
			names: []string{"NPY"}, take: takeHeaders(npy.IsName, npy.Series, nil),
			is: npy.IsName, annotation: npy.OpenSegmentation, annotates: ifGrey(npy.Series),
		},
		{
			is: npy.IsArchive, annotation: openPackedArray,
			annotates: func(string) Annotates { return Maybe },
		},
		{names: []string{"PNG", "JPEG"}, take: takePictures},
		{
			names: []string{"DICOM"}, take: takeDICOM,
			is:         func(string) bool { return true },
			annotation: openDICOMSegmentation, annotates: dicomAnnotates,
		},
	}
}

// opened are the names of all formats of series as a sentence lists them.
func opened(and string) string {
	names := []string{"DICOM"} // which people know best
	for _, f := range formats() {
		if f.take != nil && f.names[0] != names[0] {
			names = append(names, f.names...)
		}
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + and + " " + names[last]
}

func takeDICOM(ctx context.Context, root string, files []string) (found, error) {
	r, err := dicom.Scan(ctx, root, files)
	return found{r.Series, r.Skipped, r.Foreign}, err
}

func takeTIFF(ctx context.Context, root string, files []string) (f found, err error) {
	var own []string
	for _, file := range files {
		if tiff.IsName(file) {
			own = append(own, file)
		} else {
			f.left = append(f.left, file)
		}
	}
	f.series, f.skipped, err = tiff.Open(ctx, root, own)
	return f, err
}

// takeNIfTI passes over the .img files of pairs, which their headers open.
func takeNIfTI(ctx context.Context, root string, files []string) (found, error) {
	if len(files) > 1 {
		files = slices.DeleteFunc(slices.Clone(files), func(file string) bool {
			name := strings.ToLower(filepath.Base(file))
			return nifti.IsName(file) && strings.Contains(name, ".img")
		})
	}
	return takeHeaders(nifti.IsName, nifti.Open, nil)(ctx, root, files)
}

// takeHeaders takes the files of a format that are called as is says, and the files that data
// says belong to one of them.
func takeHeaders(
	is func(path string) bool, open func(path string) (*series.Series, error),
	data func(path string) []string,
) func(ctx context.Context, root string, files []string) (found, error) {
	return func(ctx context.Context, _ string, files []string) (f found, err error) {
		taken := map[string]bool{}
		for _, file := range files {
			if !is(file) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return f, err
			}
			taken[file] = true
			if data != nil {
				for _, d := range data(file) {
					taken[d] = true
				}
			}
			s, err := open(file)
			if err != nil {
				f.skipped = append(f.skipped, sentence(err))
				continue
			}
			f.series = append(f.series, s)
		}
		isTaken := func(file string) bool { return taken[file] }
		f.left = slices.DeleteFunc(slices.Clone(files), isTaken)
		return f, nil
	}
}
