package report

import (
	"fmt"
	"strings"
)

// markdown writes a table as GitHub's Markdown.
func (t Table) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n\n|  |", t.Title)
	for _, c := range t.Columns {
		fmt.Fprintf(b, " %s |", escapeMarkdown(c))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(t.Columns)) + "\n")
	for _, r := range t.Rows {
		label := escapeMarkdown(r.Label)
		if r.Study {
			label = "*" + label + "*"
		}
		fmt.Fprintf(b, "| %s |", label)
		for _, c := range r.Cells {
			text := c.text(" ± ")
			switch {
			case r.Study && len(c.Values) > 0:
				text = "*" + text + "*"
			case c.Strong:
				text = "**" + text + "**"
			}
			fmt.Fprintf(b, " %s |", text)
		}
		b.WriteString("\n")
	}
	for _, n := range t.Notes {
		fmt.Fprintf(b, "\n%s\n", n)
	}
	b.WriteString("\n")
}

// escapeMarkdown keeps a name one cell of plain text.
func escapeMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;",
		"[", `\[`).Replace(s)
}
