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

// blobPath is where content with this SHA-256 lies: blobs/ab/abcdef….gz.
func (p *Project) blobPath(sum string) string {
	return filepath.Join(p.dir, blobsName, sum[:2], sum+".gz")
}

// putBlob stores content, if it is not there, under the SHA-256 of what is unpacked.
func (p *Project) putBlob(ctx context.Context, content []byte) (sum string, err error) {
	h := sha256.Sum256(content)
	sum = hex.EncodeToString(h[:])
	path := p.blobPath(sum)
	if p.getBlob(ctx, sum, make([]byte, len(content))) == nil {
		return sum, nil // an unreadable one is replaced below
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	if err := atomicfile.SyncDir(filepath.Join(p.dir, blobsName)); err != nil {
		return "", err
	}
	err = atomicfile.WriteFile(path, func(w io.Writer) error {
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
func (p *Project) getBlob(ctx context.Context, sum string, content []byte) error {
	if len(sum) != 2*sha256.Size {
		return fmt.Errorf("%q names no file of this project: %w", sum, ErrDamaged)
	}
	path := p.blobPath(sum)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is missing; copy it back from a backup: %w", path, ErrNotFound)
	} else if err != nil {
		return explain(p.dir, "read", err)
	}
	defer f.Close()
	if err := unpack(ctx, f, content); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s is %w (%v); bring it back from a copy", path, ErrDamaged, err)
	}
	if h := sha256.Sum256(content); hex.EncodeToString(h[:]) != sum {
		return fmt.Errorf("%s is %w (its content is not what was stored); bring it back from a copy", path, ErrDamaged)
	}
	return nil
}

func unpack(ctx context.Context, r io.Reader, content []byte) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	const chunk = 1 << 20
	for rest := content; len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.ReadFull(z, rest[:min(chunk, len(rest))]); err != nil {
			return err
		}
	}
	// Reading to the end checks gzip's own checksum and that nothing follows.
	n, err := io.Copy(io.Discard, io.LimitReader(z, 1))
	if err == nil && n > 0 {
		err = errors.New("longer than its grid")
	}
	return err
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
