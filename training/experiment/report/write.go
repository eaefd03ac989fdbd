package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/training/experiment"
)

// Names of what Write leaves in an experiment's folder.
const (
	HTMLName     = "report.html"
	MarkdownName = "tables.md"
	CSVName      = "tables.csv"
	LatexName    = "tables.tex"
)

// examplePage is a drawn page of examples of one column.
type examplePage struct {
	Column string
	Name   string
	PNG    []byte
}

// Write reads the results in an experiment's folder and writes tables, curves, pages of
// examples and the report beside them. Runs that are not finished are named in it.
func Write(dir string) (Study, error) {
	s, err := Read(dir)
	if err != nil {
		return s, err
	}
	figures, err := s.Curves()
	if err != nil {
		return s, err
	}
	pages, err := s.pages()
	if err != nil {
		return s, err
	}
	for _, sub := range []string{"curves", "examples"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return s, fmt.Errorf("cannot make a folder in %s: %w", dir, err)
		}
	}
	for _, f := range figures {
		if err := writeBytes(filepath.Join(dir, "curves", f.Name+".png"), f.PNG); err != nil {
			return s, err
		}
		if err := writeBytes(filepath.Join(dir, "curves", f.Name+".svg"), f.SVG); err != nil {
			return s, err
		}
	}
	for _, p := range pages {
		if err := writeBytes(filepath.Join(dir, "examples", p.Name+".png"), p.PNG); err != nil {
			return s, err
		}
	}
	return s, s.writeTables(dir, figures, pages)
}

// writeTables writes the tables alone and the report.
func (s Study) writeTables(dir string, figures []Figure, pages []examplePage) error {
	tables := s.Tables()
	var md, tex strings.Builder
	tex.WriteString("% Tables of one experiment; use with \\input. No package is needed.\n")
	for _, t := range tables {
		t.markdown(&md)
		t.latex(&tex)
	}
	if err := writeBytes(filepath.Join(dir, MarkdownName), []byte(md.String())); err != nil {
		return err
	}
	if err := writeBytes(filepath.Join(dir, LatexName), []byte(tex.String())); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, CSVName), func(w io.Writer) error {
		return writeCSV(w, tables)
	}); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, HTMLName), func(w io.Writer) error {
		return s.html(w, tables, figures, pages)
	})
}

// pages draws a page of the first seed of every column.
func (s Study) pages() ([]examplePage, error) {
	var all []examplePage
	for i, results := range s.Results {
		if len(results) == 0 {
			continue
		}
		png, err := s.Page(results[0])
		if err != nil {
			return nil, fmt.Errorf("the examples of %s cannot be drawn: %w", s.Plan.Columns[i].Name,
				err)
		}
		if png != nil {
			name := fmt.Sprintf("%02d-%s", i+1, experiment.Slug(s.Plan.Columns[i].Name))
			all = append(all, examplePage{s.Plan.Columns[i].Name, name, png})
		}
	}
	return all, nil
}

func writeBytes(path string, b []byte) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
