package project

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/volume"
)

// blobForm is how a blob is stored; it is the end of its name.
type blobForm string

const (
	// plain is for voxels: gzip would save 40 % of their space and take most of the time to open
	// a study.
	plain blobForm = ""
	// gzipped is for labels, which shrink to a hundredth.
	gzipped blobForm = ".gz"
)

// blobPath is where content with this SHA-256 lies: blobs/ab/abcdef… or blobs/ab/abcdef….gz.
func (p *Project) blobPath(sum string, form blobForm) string {
	return filepath.Join(p.dir, blobsName, sum[:2], sum+string(form))
}

// content is what a blob holds: it writes itself, the same every time, and ends when ctx does.
type content func(ctx context.Context, w io.Writer) error

func byteContent(b []byte) content {
	return func(ctx context.Context, w io.Writer) error { return copyChunks(ctx, w, b) }
}

// huContent is hu in little endian, made piece by piece.
func huContent(hu []int16) content {
	return func(ctx context.Context, w io.Writer) error {
		raw := make([]byte, 0, chunk)
		for rest := hu; len(rest) > 0; rest = rest[len(raw)/2:] {
			raw = raw[:0]
			for _, v := range rest[:min(chunk/2, len(rest))] {
				raw = binary.LittleEndian.AppendUint16(raw, uint16(v))
			}
			if err := copyChunks(ctx, w, raw); err != nil {
				return err
			}
		}
		return nil
	}
}

// sumOf is the SHA-256 of content.
func sumOf(ctx context.Context, c content) (string, error) {
	h := sha256.New()
	err := c(ctx, h)
	return hex.EncodeToString(h.Sum(nil)), err
}

// putBlob stores content, if it is not there, under its SHA-256 (before packing).
func (p *Project) putBlob(ctx context.Context, c content, form blobForm) (sum string, err error) {
	if sum, err = sumOf(ctx, c); err != nil {
		return "", err
	}
	path := p.blobPath(sum, form)
	if _, err := os.Stat(path); err == nil && p.getBlob(ctx, sum, form, -1, io.Discard) == nil {
		return sum, nil // a damaged one is replaced below
	}
	if err := os.MkdirAll(filepath.Dir(path), privateDir); err != nil {
		return "", err
	}
	if err := atomicfile.SyncDir(filepath.Join(p.dir, blobsName)); err != nil {
		return "", err
	}
	err = atomicfile.WritePrivate(path, func(w io.Writer) error {
		if form == plain {
			return c(ctx, w)
		}
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		if err := c(ctx, z); err != nil {
			return err
		}
		return z.Close()
	})
	return sum, err
}

// chunk is how much is copied between two looks at a context.
const chunk = 1 << 20

// copyChunks writes content piece by piece so that it can be cancelled.
func copyChunks(ctx context.Context, w io.Writer, content []byte) error {
	for len(content) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(chunk, len(content))
		if _, err := w.Write(content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	return nil
}

// getLabels fills l with the labels of a blob.
func (p *Project) getLabels(ctx context.Context, sum string, l *volume.LabelMap) error {
	into := filler(l.Labels)
	if err := p.getBlob(ctx, sum, gzipped, int64(len(l.Labels)), &into); err != nil {
		return err
	}
	if err := l.Validate(); err != nil {
		return fmt.Errorf("%s is %w: %w", p.blobPath(sum, gzipped), ErrDamaged, err)
	}
	return nil
}

// filler is the part of a slice that has not been written yet.
type filler []byte

func (f *filler) Write(b []byte) (int, error) {
	n := copy(*f, b)
	*f = (*f)[n:]
	return n, nil
}

// getVoxels returns the voxels of a blob on a grid. Memory is taken for no more than the file has.
func (p *Project) getVoxels(
	ctx context.Context, sum string, g volume.Geometry,
) (*volume.Volume, error) {
	n := int64(2 * g.Voxels())
	if isSHA256(sum) {
		path := p.blobPath(sum, plain)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() != n {
			return nil, fmt.Errorf("%s is %w (it has not the size of its grid); "+
				"bring it back from a copy", path, ErrDamaged)
		} else if err != nil || !info.Mode().IsRegular() {
			n = 0 // getBlob says what is wrong
		}
	}
	v := &volume.Volume{Geometry: g, HU: make([]int16, n/2)}
	if err := p.getBlob(ctx, sum, plain, n, &huFiller{rest: v.HU}); err != nil {
		return nil, err
	}
	return v, nil
}

// huFiller turns little endian bytes into HU.
type huFiller struct {
	rest []int16
	odd  []byte // the first half of a value
}

func (f *huFiller) Write(b []byte) (int, error) {
	n := len(b)
	if len(f.odd) > 0 && n > 0 {
		f.rest[0] = int16(uint16(f.odd[0]) | uint16(b[0])<<8)
		f.rest, f.odd, b = f.rest[1:], nil, b[1:]
	}
	for i := range len(b) / 2 {
		f.rest[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	f.rest = f.rest[len(b)/2:]
	if len(b)%2 > 0 {
		f.odd = []byte{b[len(b)-1]}
	}
	return n, nil
}

// getBlob writes a blob of n bytes to w and verifies it; n < 0 is any number.
// Errors are sentences that name the file.
func (p *Project) getBlob(
	ctx context.Context, sum string, form blobForm, n int64, w io.Writer,
) error {
	if !isSHA256(sum) {
		return fmt.Errorf("%q names no file of this project: %w", sum, ErrDamaged)
	}
	path := p.blobPath(sum, form)
	f, err := openRegular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing; copy it back from a backup: %w", path, ErrNotFound)
	case errors.Is(err, ErrDamaged):
		return err
	case err != nil:
		return explain(p.dir, "read", err)
	}
	defer f.Close()
	h := sha256.New()
	if err := unpack(ctx, f, form, n, io.MultiWriter(h, w)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s is %w (%w); bring it back from a copy", path, ErrDamaged, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return fmt.Errorf(
			"%s is %w (its content is not what was stored); bring it back from a copy", path,
			ErrDamaged,
		)
	}
	return nil
}

// unpack copies n bytes from r to w, or all of them where n < 0, and checks that nothing follows.
func unpack(ctx context.Context, r io.Reader, form blobForm, n int64, w io.Writer) error {
	if form == gzipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		r = z
	}
	if n < 0 {
		n = maxBlob
	} else if err := copyAll(ctx, w, r, n); err != nil {
		return err
	} else {
		n = 0
	}
	// Reading to the end checks gzip's own checksum and that nothing follows.
	copied, err := io.Copy(w, io.LimitReader(r, n+1))
	if err == nil && copied > n {
		err = errors.New("longer than its grid")
	}
	return err
}

// maxBlob is the longest blob there can be: the HU of the largest grid.
const maxBlob = 2 * maxVoxels

// copyAll copies n bytes, a chunk at a time.
func copyAll(ctx context.Context, w io.Writer, r io.Reader, n int64) error {
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		copied, err := io.CopyN(w, r, min(chunk, n))
		if err != nil {
			return err
		}
		n -= copied
	}
	return nil
}

func sha256Hex(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
