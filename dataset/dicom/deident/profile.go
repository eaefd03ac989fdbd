package deident

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

//go:embed profile.txt
var profileText string

// action is what is done to an attribute.
type action uint8

const (
	drop  action = iota // X, and every attribute without a row
	empty               // Z
	dummy               // D
	remap               // U; the items of a sequence are processed
	keep                // K; the items of a sequence are processed
)

// rule is one row of the profile.
type rule struct {
	vr, keyword string
	action      action
	// date: changed under the option for dates. text: kept if it can be cleaned. content:
	// structured content, cleaned item by item.
	date, text, content bool
}

// profile is the table of rules by tag, which is group<<16|element. For repeating groups, the
// element or the low byte of the group is 0.
type profile map[uint32]rule

// parseProfile parses the table that is part of the program.
func parseProfile(text string) (profile, error) {
	p := profile{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 5 {
			return nil, fmt.Errorf("the de-identification profile has a damaged row: %q", line)
		}
		t, err := strconv.ParseUint(strings.ReplaceAll(f[0], "x", "0"), 16, 32)
		if err != nil {
			return nil, fmt.Errorf("the de-identification profile has a damaged row: %q", line)
		}
		p[uint32(t)] = rule{
			vr: f[1], keyword: f[4], action: resolve(f[2], f[1]),
			date: strings.Contains(f[3], "m"), text: strings.Contains(f[3], "d"),
			content: strings.Contains(f[3], "s"),
		}
	}
	return p, nil
}

// resolve chooses one action where the standard lets it depend on the type of the attribute in its
// object (X/Z/D and so on). It takes the last one, which is right for every type. Dates and
// sequences that may be removed are removed, because our objects require none of them.
func resolve(code, vr string) action {
	all := strings.Split(code, "/")
	chosen := all[len(all)-1]
	if all[0] == "X" && chosen != "U" && (vr == "SQ" || vr == "DA" || vr == "TM") {
		chosen = "X"
	}
	switch chosen {
	case "Z":
		return empty
	case "D":
		return dummy
	case "U":
		return remap
	case "K":
		return keep
	}
	return drop
}

// find returns the rule of a tag. Private and unknown attributes are dropped, and so are group
// lengths and everything in the repeating groups of curves and overlays.
func (p profile) find(t tag.Tag) rule {
	if t.Group%2 == 1 || t.Element == 0 {
		return rule{}
	}
	return p[uint32(t.Group)<<16|uint32(t.Element)]
}
