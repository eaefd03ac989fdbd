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

// putBlob stores content, if it is not there, under its SHA-256 (before packing).
func (p *Project) putBlob(
	ctx context.Context, content []byte, form blobForm,
) (sum string, err error) {
	sum = sha256Hex(content)
	path := p.blobPath(sum, form)
	if _, err := os.Stat(path); err == nil &&
		p.getBlob(ctx, sum, form, make([]byte, len(content))) == nil {
		return sum, nil // a damaged one is replaced below
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	if err := atomicfile.SyncDir(filepath.Join(p.dir, blobsName)); err != nil {
		return "", err
	}
	err = atomicfile.WriteFile(path, func(w io.Writer) error {
		if form == plain {
			return copyChunks(ctx, w, content)
		}
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		if err := copyChunks(ctx, z, content); err != nil {
			return err
		}
		return z.Close()
	})
	return sum, err
}

// copyChunks writes content piece by piece so that it can be cancelled.
func copyChunks(ctx context.Context, w io.Writer, content []byte) error {
	const chunk = 1 << 20
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

// getBlob fills content with a blob of exactly that length and verifies it.
// Errors are sentences that name the file.
func (p *Project) getBlob(ctx context.Context, sum string, form blobForm, content []byte) error {
	if len(sum) != 2*sha256.Size {
		return fmt.Errorf("%q names no file of this project: %w", sum, ErrDamaged)
	}
	path := p.blobPath(sum, form)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing; copy it back from a backup: %w", path, ErrNotFound)
	} else if err != nil {
		return explain(p.dir, "read", err)
	}
	defer f.Close()
	if err := unpack(ctx, f, form, content); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s is %w (%w); bring it back from a copy", path, ErrDamaged, err)
	}
	if sha256Hex(content) != sum {
		return fmt.Errorf(
			"%s is %w (its content is not what was stored); bring it back from a copy", path,
			ErrDamaged,
		)
	}
	return nil
}

func unpack(ctx context.Context, r io.Reader, form blobForm, content []byte) error {
	if form == gzipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		r = z
	}
	const chunk = 1 << 20
	for rest := content; len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.ReadFull(r, rest[:min(chunk, len(rest))]); err != nil {
			return err
		}
	}
	// Reading to the end checks gzip's own checksum and that nothing follows.
	n, err := io.Copy(io.Discard, io.LimitReader(r, 1))
	if err == nil && n > 0 {
		err = errors.New("longer than its grid")
	}
	return err
}

func sha256Hex(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// int16Bytes is hu in little endian, as it is hashed and stored.
func int16Bytes(hu []int16) []byte {
	raw := make([]byte, 0, 2*len(hu))
	for _, v := range hu {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(v))
	}
	return raw
}

func int16sFrom(hu []int16, raw []byte) {
	for i := range hu {
		hu[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
}
