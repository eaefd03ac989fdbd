package nrrd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"glasswork/dataset/internal/osfile"
)

// maxHeader bounds how much is read as a header. Slicer's headers with a hundred segments have 100
// kB.
const maxHeader = 4 << 20

// rawHeader is a header as text. Names of fields are in lower case, keys are unchanged.
type rawHeader struct {
	fields map[string]string
	keys   map[string]string
	// list holds the lines after "data file: LIST".
	list []string
	// end is the offset at which the header ends in its file. Attached data begin there.
	end int64
	// text is the whole header.
	text []byte
}

// readHeader reads the header of a file.
func readHeader(path string) (*rawHeader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	defer f.Close()
	return scanHeader(f)
}

// scanHeader reads lines up to the first empty one, or to the end of the file.
func scanHeader(src io.Reader) (*rawHeader, error) {
	h := &rawHeader{fields: map[string]string{}, keys: map[string]string{}}
	r := bufio.NewReader(io.LimitReader(src, maxHeader))
	inList := false
	for {
		line, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, osfile.Plain(err)
		}
		if h.end == 0 && !isMagic(strings.TrimRight(line, "\r\n")) {
			return nil, errors.New("it does not begin with an NRRD header")
		}
		first := h.end == 0
		h.end += int64(len(line))
		h.text = append(h.text, line...)
		switch text := strings.TrimRight(line, "\r\n"); {
		case first, strings.HasPrefix(text, "#"):
		case inList:
			if name := strings.TrimSpace(text); name != "" {
				h.list = append(h.list, name)
			}
		case text == "" && err == nil:
			return h, nil
		default:
			inList = h.line(text)
		}
		switch {
		case err != nil && h.end >= maxHeader:
			return nil, errors.New("its header has no end")
		case err != nil:
			return h, nil
		}
	}
}

// isMagic reports whether a first line is that of an NRRD file in a known version.
func isMagic(line string) bool {
	return len(line) == 8 && strings.HasPrefix(line, "NRRD000") && line[7] >= '1' && line[7] <= '9'
}

// line parses a line with a field or a key. It returns true if names of data files follow.
func (h *rawHeader) line(text string) (list bool) {
	if key, value, ok := strings.Cut(text, ":="); ok && !strings.Contains(key, ": ") {
		h.keys[strings.TrimSpace(key)] = unescape(value)
		return false
	}
	name, value, ok := strings.Cut(text, ":")
	if !ok {
		return false // a line that is neither field nor key is ignored
	}
	name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
	switch name {
	case "datafile":
		name = "data file"
	case "centerings":
		name = "centers"
	case "lineskip":
		name = "line skip"
	case "byteskip":
		name = "byte skip"
	}
	h.fields[name] = value
	return name == "data file" && strings.HasPrefix(value, "LIST")
}

// unescape replaces the escape sequences in the value of a key.
func unescape(s string) string { return strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(s) }

// field returns a field that the header must have.
func (h *rawHeader) field(name string) (string, error) {
	if v, ok := h.fields[name]; ok && v != "" {
		return v, nil
	}
	return "", fmt.Errorf("its header lacks the field %q", name)
}
