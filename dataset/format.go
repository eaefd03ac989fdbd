package dataset

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/archive"
	"glasswork/dataset/dicom"
	"glasswork/dataset/metaimage"
	"glasswork/dataset/nifti"
	"glasswork/dataset/npy"
	"glasswork/dataset/nrrd"
	"glasswork/dataset/picture"
	"glasswork/dataset/series"
	"glasswork/dataset/tiff"
)

// format is one kind of file that can be opened.
type format struct {
	// names are its names in sentences.
	names []string
	// take opens the series of this format in a list of files; nil if the format holds no
	// series. root is what the user opened. The only error is that of ctx.
	take func(ctx context.Context, root string, files []string) (found, error)

	// anyName says that files of this format are called anything.
	anyName bool

	// is reports by its name whether a file has this format. annotation reads the annotation in
	// it, and annotates looks for annotation in its headers. All are nil if the format holds
	// none.
	is         func(path string) bool
	annotation func(ctx context.Context, path string) (*annotation.Segmentation, error)
	annotates  func(path string) Annotates
}

// found is what one format finds in a list of files; left are the files of other formats.
type found struct {
	series  []*series.Series
	skipped []string
	left    []string
}

// formats are tried in this order. DICOM files have no reliable extension, so DICOM comes last
// and looks into every file that the others leave.
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
			names: []string{"DICOM"}, take: takeDICOM, anyName: true,
			is:         func(string) bool { return true },
			annotation: openDICOMSegmentation, annotates: dicomAnnotates,
		},
	}
}

// opened lists the names of all formats of series for a sentence.
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

// namedOther says whether a file's name is of a format that is known by its names.
func namedOther(path string) bool {
	return archive.IsName(path) || tiff.IsName(path) || picture.IsName(path) ||
		slices.ContainsFunc(formats(), func(f format) bool {
			return f.is != nil && !f.anyName && f.is(path)
		})
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

// takeNIfTI skips the .img files of pairs, which are opened by their headers.
func takeNIfTI(ctx context.Context, root string, files []string) (found, error) {
	if len(files) > 1 {
		files = slices.DeleteFunc(slices.Clone(files), func(file string) bool {
			name := strings.ToLower(filepath.Base(file))
			return nifti.IsName(file) && strings.Contains(name, ".img")
		})
	}
	return takeHeaders(nifti.IsName, nifti.Open, nil)(ctx, root, files)
}

// takeHeaders opens the files whose names satisfy is, and takes with them the data files that
// data returns.
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
