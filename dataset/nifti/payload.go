package nifti

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"glasswork/dataset/internal/osfile"
)

// maxDeflate is the most that deflate can expand: no gzip file holds more bytes than
// this times its own size, whatever its header claims.
const maxDeflate = 1032

// payload reads the voxels' bytes of a file. Plain files are read where needed; a
// gzipped one is inflated from its beginning as far as needed, once.
type payload struct {
	path         string
	head         []byte
	offset, size int64 // of the voxels within the (inflated) file
	packed       bool  // gzip
	stream       bool  // read from the beginning into memory rather than where needed

	mu    sync.Mutex
	bytes []byte // what is inflated so far
	file  *os.File
	from  io.Reader
	err   error // why inflating failed; it would fail again
	// given counts the bytes handed out, so that memory is returned after one full pass.
	given int64
}

// readHead returns the first bytes of a file's header and, for a pair, the path of
// the voxels ("" if that is not there).
func readHead(path string) (head []byte, data string, err error) {
	lower := strings.ToLower(path)
	for _, gz := range []string{"", ".gz"} {
		if strings.HasSuffix(lower, ".img"+gz) || strings.HasSuffix(lower, ".hdr"+gz) {
			stem := path[:len(path)-len(".img"+gz)]
			path, data = firstOf(stem, ".hdr"), firstOf(stem, ".img")
			if path == "" {
				return nil, "", errors.New("the .hdr file that describes it is not beside it")
			}
			break
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", osfile.Plain(err)
	}
	defer f.Close()
	r := bufio.NewReader(f)
	src := io.Reader(r)
	if magic, err := r.Peek(2); err == nil && magic[0] == 0x1F && magic[1] == 0x8B {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return nil, "", errors.New("its gzip header is damaged")
		}
		src = gz
	}
	head = make([]byte, size2)
	n, err := io.ReadFull(src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, "", fmt.Errorf("its compressed data are damaged: %w", err)
	}
	return head[:n], data, nil
}

// firstOf returns stem with the extension, plain or gzipped, that exists.
func firstOf(stem, ext string) string {
	for _, name := range []string{stem + ext, stem + ext + ".gz", stem + strings.ToUpper(ext)} {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// newPayload checks that a file can hold size bytes of voxels from offset on.
func newPayload(path string, offset, size int64) (*payload, error) {
	f, held, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	magic := make([]byte, 2)
	_, _ = io.ReadFull(f, magic) // a file shorter than that is too short below
	p := &payload{path: path, offset: offset, size: size, packed: magic[0] == 0x1F && magic[1] == 0x8B}
	limit := held
	p.stream = p.packed
	if p.packed {
		limit *= maxDeflate
	}
	if offset+size > limit {
		return nil, fmt.Errorf("it is cut short: its header promises %d bytes of voxels, it can hold at most %d", size, max(limit-offset, 0))
	}
	return p, nil
}

// use calls with with n bytes of the voxels from off on; they are valid until it returns.
func (p *payload) use(ctx context.Context, off, n int64, with func([]byte) error) error {
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
	b, err := p.inflated(ctx, off+n)
	if err != nil {
		return err
	}
	err = with(b[off : off+n])
	p.release(n)
	return err
}

func (p *payload) readPlain(off, n int64) ([]byte, error) {
	f, err := os.Open(p.path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	defer f.Close()
	b := make([]byte, n)
	if _, err := f.ReadAt(b, p.offset+off); err != nil {
		return nil, errors.New("it has become shorter since it was opened")
	}
	return b, nil
}

// inflated returns the voxels inflated at least up to end.
func (p *payload) inflated(ctx context.Context, end int64) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	if p.from == nil && int64(len(p.bytes)) < end {
		if err := p.start(); err != nil {
			return nil, err
		}
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
			p.err = fmt.Errorf("its voxels are cut short or damaged after %d of %d bytes", len(p.bytes), p.size)
			p.bytes = nil
			return nil, p.err
		}
	}
	if int64(len(p.bytes)) == p.size {
		p.stop()
	}
	return p.bytes, nil
}

// start begins to inflate from the file's beginning.
func (p *payload) start() error {
	f, err := os.Open(p.path)
	if err != nil {
		return osfile.Plain(err)
	}
	src := io.Reader(bufio.NewReaderSize(f, 1<<18))
	if p.packed {
		src, err = gzip.NewReader(src)
	}
	if err == nil {
		_, err = io.CopyN(io.Discard, src, p.offset)
	}
	if err != nil {
		f.Close()
		p.err = errors.New("its compressed data are damaged")
		return p.err
	}
	p.file, p.from, p.bytes = f, src, nil
	return nil
}

// stop closes the file; what is inflated stays.
func (p *payload) stop() {
	if p.file != nil {
		p.file.Close()
	}
	p.file, p.from = nil, nil
}

// release drops the inflated bytes once as many were handed out as there are: then
// whoever reads has them all, and a later read inflates again.
func (p *payload) release(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given += n; p.given >= p.size && int64(len(p.bytes)) == p.size {
		p.bytes, p.given = nil, 0
	}
}

func (p *payload) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
	p.bytes = nil
	return nil
}
