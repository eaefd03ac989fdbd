package voxels

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"glasswork/dataset/internal/osfile"
)

// Codec says how the bytes of voxels are packed in a file. The zero value means that they are not
// packed.
type Codec struct {
	// Expands is the largest number of bytes that one byte of the file can become.
	Expands int64
	// Open unpacks a stream. If it is nil, the file holds the bytes as they are.
	Open func(io.Reader) (io.Reader, error)
}

// deflates is the largest number of bytes that one byte of deflate can become.
const deflates = 1032

// Gzip is deflate in the form that NIfTI and NRRD use.
func Gzip() Codec {
	return Codec{Expands: deflates, Open: func(r io.Reader) (io.Reader, error) {
		return gzip.NewReader(r)
	}}
}

// Zlib is deflate in the form that MetaImage uses.
func Zlib() Codec {
	return Codec{Expands: deflates, Open: func(r io.Reader) (io.Reader, error) {
		return zlib.NewReader(r)
	}}
}

// Bzip2 packs runs so well that Expands hardly bounds anything. So memory grows only with the bytes
// that are really unpacked.
func Bzip2() Codec {
	return Codec{Expands: 1 << 21, Open: func(r io.Reader) (io.Reader, error) {
		return bzip2.NewReader(r), nil
	}}
}

// Part is a run of voxels in one file.
type Part struct {
	Path string
	// Offset is where the (packed) data begin in the file. Skip is how many unpacked bytes precede
	// the voxels. Size is how many bytes the voxels take.
	Offset, Skip, Size int64
}

// Payload reads the bytes of voxels from one or several files. Plain files are read where needed.
// Packed files are unpacked once, from their beginning as far as needed. Its methods are safe for
// concurrent use.
type Payload struct {
	parts []Part
	codec Codec
	size  int64
	// stream says that the data are read from the beginning into memory, not where needed.
	stream bool

	mu    sync.Mutex
	bytes []byte // what has been unpacked so far
	from  *sequence
	err   error // why unpacking failed; it is not tried again
	// given counts the bytes handed out, so that memory is freed after one full pass.
	given int64
	keep  bool
}

// Keep keeps what is unpacked until Close. Call it if the voxels are read several times.
func (p *Payload) Keep() { p.keep = true }

// NewPayload checks that the files can hold what the parts say. Errors are clauses. If there is
// only one file, they do not name it.
func NewPayload(codec Codec, parts ...Part) (*Payload, error) {
	p := &Payload{parts: parts, codec: codec, stream: codec.Open != nil}
	for _, part := range parts {
		if err := p.check(part); err != nil {
			return nil, err
		}
		p.size += part.Size
	}
	return p, nil
}

func (p *Payload) check(part Part) error {
	f, held, err := osfile.Open(part.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	limit := max(held-part.Offset, 0)
	if p.codec.Open != nil {
		limit *= p.codec.Expands
	}
	if limit -= part.Skip; part.Size > limit {
		return fmt.Errorf(
			"it is cut short: its header promises %d bytes of voxels, it can hold at most %d",
			part.Size, max(limit, 0),
		)
	}
	return nil
}

// Prepare unpacks everything. Memory for the voxels that a header claims is then taken only after
// they were found to exist.
func (p *Payload) Prepare(ctx context.Context) error {
	if !p.stream {
		return nil
	}
	_, err := p.unpacked(ctx, p.size)
	return err
}

// Size returns the number of bytes of all voxels.
func (p *Payload) Size() int64 { return p.size }

// Use calls with on n bytes of the voxels, starting at off. They are valid until it returns.
func (p *Payload) Use(ctx context.Context, off, n int64, with func([]byte) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if off < 0 || n < 0 || off+n > p.size {
		return errors.New("its voxels reach past its end")
	}
	if !p.stream {
		b, err := p.readPlain(off, n)
		if err != nil {
			return err
		}
		return with(b)
	}
	b, err := p.unpacked(ctx, off+n)
	if err != nil {
		return err
	}
	err = with(b[off : off+n])
	p.release(n)
	return err
}

// readPlain collects n bytes from the parts that hold them.
func (p *Payload) readPlain(off, n int64) ([]byte, error) {
	b := make([]byte, n)
	at := int64(0) // where the part begins among the voxels
	for _, part := range p.parts {
		from, to := max(off, at), min(off+n, at+part.Size)
		if from < to {
			if err := readAt(part, from-at, b[from-off:to-off]); err != nil {
				return nil, err
			}
		}
		at += part.Size
	}
	return b, nil
}

func readAt(part Part, off int64, b []byte) error {
	f, err := os.Open(part.Path)
	if err != nil {
		return osfile.Plain(err)
	}
	defer f.Close()
	if _, err := f.ReadAt(b, part.Offset+part.Skip+off); err != nil {
		return errors.New("it has become shorter since it was opened")
	}
	return nil
}

// unpacked returns the unpacked voxels, at least up to end.
func (p *Payload) unpacked(ctx context.Context, end int64) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	if p.from == nil && int64(len(p.bytes)) < end {
		p.from, p.bytes = &sequence{parts: p.parts, codec: p.codec}, nil
	}
	for int64(len(p.bytes)) < end {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		chunk := min(4<<20, p.size-int64(len(p.bytes)))
		have := len(p.bytes)
		if int64(cap(p.bytes)-have) < chunk {
			grown := make([]byte, have, min(p.size, max(2*int64(have), int64(have)+chunk)))
			copy(grown, p.bytes)
			p.bytes = grown
		}
		n, err := io.ReadFull(p.from, p.bytes[have:have+int(chunk)])
		p.bytes = p.bytes[:have+n]
		if err != nil {
			p.stop()
			p.err = fmt.Errorf("its voxels are cut short or damaged after %d of %d bytes",
				len(p.bytes), p.size)
			p.bytes = nil
			return nil, p.err
		}
	}
	if int64(len(p.bytes)) == p.size {
		p.stop()
	}
	return p.bytes, nil
}

// stop closes the file and keeps what is unpacked.
func (p *Payload) stop() {
	if p.from != nil {
		p.from.close()
	}
	p.from = nil
}

// release frees the unpacked bytes once as many bytes were handed out as there are. The reader then
// has all of them. A later read unpacks them again.
func (p *Payload) release(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given += n; !p.keep && p.given >= p.size && int64(len(p.bytes)) == p.size {
		p.bytes, p.given = nil, 0
	}
}

// Close releases files and memory.
func (p *Payload) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
	p.bytes = nil
	return nil
}

// sequence reads the voxels of all parts, one after the other.
type sequence struct {
	parts []Part
	codec Codec
	file  *os.File
	from  io.Reader
	left  int64 // of the part that is open
}

func (s *sequence) Read(b []byte) (int, error) {
	if s.left == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n, err := s.from.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	if s.left == 0 {
		s.close()
		err = nil
	}
	return n, err
}

// next opens the next part.
func (s *sequence) next() error {
	if len(s.parts) == 0 {
		return io.EOF
	}
	part := s.parts[0]
	s.parts, s.left = s.parts[1:], part.Size
	f, err := os.Open(part.Path)
	if err != nil {
		return osfile.Plain(err)
	}
	s.file = f
	if _, err := f.Seek(part.Offset, io.SeekStart); err != nil {
		return osfile.Plain(err)
	}
	s.from = bufio.NewReaderSize(f, 1<<18)
	if s.codec.Open != nil {
		if s.from, err = s.codec.Open(s.from); err != nil {
			return errors.New("its packed data are damaged")
		}
	}
	if part.Skip > 0 {
		if _, err := io.CopyN(io.Discard, s.from, part.Skip); err != nil {
			return errors.New("its packed data are damaged")
		}
	}
	return nil
}

func (s *sequence) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file = nil
}
