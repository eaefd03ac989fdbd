package nifti

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/internal/voxels"
)

// readHead returns up to n bytes from the beginning of a file. For a pair of files, data is the
// path of the voxels, or "" if there is none.
func readHead(path string, n int) (head []byte, data string, err error) {
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
	if magic, err := r.Peek(2); err == nil && packed(magic) {
		if src, err = gzip.NewReader(r); err != nil {
			return nil, "", errors.New("its gzip header is damaged")
		}
	}
	head, err = io.ReadAll(io.LimitReader(src, int64(n)))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, "", fmt.Errorf("its compressed data are damaged: %w", err)
	}
	return head, data, nil
}

// packed reports whether a file that begins with magic is gzipped.
func packed(magic []byte) bool { return len(magic) > 1 && magic[0] == 0x1F && magic[1] == 0x8B }

// firstOf returns stem with the extension, plain or gzipped, for which a file exists.
func firstOf(stem, ext string) string {
	for _, name := range []string{stem + ext, stem + ext + ".gz", stem + strings.ToUpper(ext)} {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// payload checks that a file can hold size bytes of voxels from offset on.
func payload(path string, offset, size int64) (*voxels.Payload, error) {
	f, _, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	magic := make([]byte, 2)
	_, _ = io.ReadFull(f, magic) // a file that is shorter is refused below
	_ = f.Close()
	var codec voxels.Codec
	if packed(magic) {
		codec = voxels.Gzip()
		return voxels.NewPayload(codec, voxels.Part{Path: path, Skip: offset, Size: size})
	}
	return voxels.NewPayload(codec, voxels.Part{Path: path, Offset: offset, Size: size})
}
