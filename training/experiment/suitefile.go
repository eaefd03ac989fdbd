package experiment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxSuiteFile bounds what is read into memory, maxColumns what a suite may ask for.
const (
	maxSuiteFile = 1 << 20
	maxColumns   = 500
)

// readSuite reads a suite's file.
func readSuite(path string) (Suite, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Suite{}, fmt.Errorf("%s is neither a suite (augmentations, architectures, "+
			"two-class) nor a file", path)
	}
	if err != nil {
		return Suite{}, fmt.Errorf("the suite %s cannot be read: %w", path, plain(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSuiteFile+1))
	if err != nil {
		return Suite{}, fmt.Errorf("the suite %s cannot be read: %w", path, plain(err))
	}
	if len(b) > maxSuiteFile {
		return Suite{}, fmt.Errorf("%s is larger than 1 MB: it is not a suite", path)
	}
	s, err := ParseSuite(b)
	if err != nil {
		return Suite{}, fmt.Errorf("%s: %w", path, err)
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	return s, nil
}

// plain is why the system refused, without the name of what it was asked.
func plain(err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// ParseSuite reads a suite in YAML or JSON: a list of columns, or a mapping with name, defaults
// and columns. An error names the line and the column of the text.
func ParseSuite(text []byte) (Suite, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return Suite{}, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) == 0 {
		return Suite{}, errors.New("it is empty; write a list of columns")
	}
	var s Suite
	var base Settings
	columns := doc.Content[0]
	if columns.Kind == yaml.MappingNode {
		top := columns
		columns = nil
		err := eachKey(top, func(key string, v *yaml.Node) (err error) {
			switch key {
			case "name":
				s.Name, err = text1(v)
			case "defaults":
				base, _, err = settings(v, false)
			case "columns":
				columns = v
			default:
				err = at(v, "%q is not known here; name, defaults and columns are", key)
			}
			return err
		})
		if err != nil {
			return s, err
		}
	}
	return s.parseColumns(columns, base)
}

func (s Suite) parseColumns(list *yaml.Node, base Settings) (Suite, error) {
	if list == nil {
		return s, errors.New("it holds no columns")
	}
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return s, at(list, "a list of columns is expected here")
	}
	if len(list.Content) > maxColumns {
		return s, at(list, "%d columns are more than %d", len(list.Content), maxColumns)
	}
	for _, n := range list.Content {
		own, name, err := settings(n, true)
		if err != nil {
			return s, err
		}
		if name == "" {
			return s, at(n, "this column has no name")
		}
		if slices.Contains(s.names(), name) {
			return s, at(n, "another column is called %q already", name)
		}
		s.Columns = append(s.Columns, Column{Name: name, Settings: own.over(base)})
	}
	return s, nil
}

// settings reads one mapping; named says that it may hold a name.
func settings(n *yaml.Node, named bool) (s Settings, name string, err error) {
	texts := map[string]*string{
		"arch": &s.Arch, "encoder": &s.Encoder, "encoder_weights": &s.EncoderWeights,
		"augment": &s.Augment, "loss": &s.Loss, "optimiser": &s.Optimiser, "schedule": &s.Schedule,
		"precision": &s.Precision,
	}
	if named {
		texts["name"] = &name
	}
	counts := map[string]*int{
		"epochs": &s.Epochs, "patience": &s.Patience, "batch": &s.Batch, "size": &s.Size,
		"classes": &s.Classes,
	}
	err = eachKey(n, func(key string, v *yaml.Node) (err error) {
		if to, ok := texts[key]; ok {
			*to, err = text1(v)
			return err
		}
		if to, ok := counts[key]; ok {
			*to, err = count(v, key)
			return err
		}
		if key != "lr" {
			return at(v, "%q is not known here; name, arch, encoder, encoder_weights, augment, "+
				"loss, optimiser, schedule, precision, lr, epochs, patience, batch, size and "+
				"classes are", key)
		}
		if v.Decode(&s.Rate) != nil || !(s.Rate > 0) || math.IsInf(s.Rate, 0) {
			return at(v, "lr is a number greater than 0, not %s", shown(v))
		}
		return nil
	})
	return s, name, err
}

// eachKey calls f for the keys of a mapping in their order. A duplicate key, a key that is not
// text, and anything but a mapping are errors.
func eachKey(n *yaml.Node, f func(key string, v *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return at(n, "names and values are expected here, not %s", shown(n))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || seen[key.Value] {
			return at(key, "%s stands here twice or is not a name", shown(key))
		}
		seen[key.Value] = true
		if value.Kind == yaml.AliasNode {
			return at(value, "aliases are not read; write the value itself")
		}
		if err := f(key.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// text1 is a text of one line.
func text1(v *yaml.Node) (string, error) {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" || strings.TrimSpace(v.Value) == "" ||
		len(v.Value) > 300 || strings.ContainsAny(v.Value, "\n\r\x00") {
		return "", at(v, "a text of one line is expected here, not %s", shown(v))
	}
	return strings.TrimSpace(v.Value), nil
}

func count(v *yaml.Node, key string) (int, error) {
	var n int
	if v.Kind != yaml.ScalarNode || v.Tag != "!!int" || v.Decode(&n) != nil || n < 1 {
		return 0, at(v, "%s is a whole number greater than 0, not %s", key, shown(v))
	}
	return n, nil
}

// at is an error that says where in the file it stands.
func at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d, column %d: %s", n.Line, n.Column, fmt.Sprintf(format, args...))
}

// shown is a node in a few words.
func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!null" || n.Value == "" {
		return "nothing"
	}
	return fmt.Sprintf("%.60q", n.Value)
}
