package report

import (
	"fmt"
	"strings"
)

// latex writes a table as a table environment that needs no package.
func (t Table) latex(b *strings.Builder) {
	b.WriteString("\\begin{table}\n\\centering\n\\small\n")
	fmt.Fprintf(b, "\\caption{%s}\n\\begin{tabular}{l%s}\n\\hline\n", escapeLatex(t.Title),
		strings.Repeat("r", len(t.Columns)))
	for _, c := range t.Columns {
		fmt.Fprintf(b, " & %s", escapeLatex(c))
	}
	b.WriteString(" \\\\\n\\hline\n")
	for _, r := range t.Rows {
		label := escapeLatex(r.Label)
		if r.Study {
			label = "\\quad\\emph{" + label + "}"
		}
		b.WriteString(label)
		for _, c := range r.Cells {
			text := latexNumbers(c)
			switch {
			case r.Study:
				text = "\\emph{" + text + "}"
			case c.Strong:
				text = "\\textbf{" + text + "}"
			}
			b.WriteString(" & " + text)
		}
		b.WriteString(" \\\\\n")
	}
	b.WriteString("\\hline\n\\end{tabular}\n")
	for _, n := range t.Notes {
		fmt.Fprintf(b, "\n\\smallskip %s\n", escapeLatex(n))
	}
	b.WriteString("\\end{table}\n")
}

// latexNumbers is a cell's text; LaTeX needs math mode for a minus.
func latexNumbers(c Cell) string {
	if len(c.Values) == 0 {
		return "--"
	}
	return strings.ReplaceAll(strings.ReplaceAll(c.text(" ± "), "-", "$-$"), "±", "$\\pm$")
}

// escapeLatex escapes the characters that have a meaning in LaTeX.
func escapeLatex(s string) string {
	return strings.NewReplacer(`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "_", `\_`, "&", `\&`,
		"%", `\%`, "$", `\$`, "#", `\#`, "^", `\^{}`, "~", `\~{}`, "|", `\textbar{}`, "[", "{[}",
		"]", "{]}", "<", "$<$", ">", "$>$",
		"±", `$\pm$`, "×", `$\times$`, "–", "--").Replace(s)
}
