package example

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/dataset/internal/osfile"
)

// nnunetInfo is nnU-Net v2's dataset.json, as far as it is used here.
type nnunetInfo struct {
	ChannelNames map[string]string          `json:"channel_names"`
	Labels       map[string]json.RawMessage `json:"labels"`
	NumTraining  int                        `json:"numTraining"`
	FileEnding   string                     `json:"file_ending"`
	Name         string                     `json:"name,omitempty"`
	Description  string                     `json:"description,omitempty"`
	Reference    string                     `json:"reference,omitempty"`
}

// foreignLabels says what the values of a foreign mask are in our classes.
type foreignLabels struct {
	class  [256]classes.Class
	named  [256]bool
	ignore int // the value that means "not annotated", -1 if there is none
	known  classes.Known
}

func readNNUNetInfo(dir string) (info nnunetInfo, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "dataset.json"))
	if err != nil {
		return info, fmt.Errorf("its dataset.json cannot be read: %w", osfile.Reason(err))
	}
	if err := json.Unmarshal(b, &info); err != nil {
		return info, errors.New("its dataset.json is not nnU-Net v2's")
	}
	if info.FileEnding == "" {
		info.FileEnding = ".nii.gz"
	}
	return info, nil
}

// foreign maps the labels by their names. A label with any other name is not one of our classes
// and counts as background.
func (n nnunetInfo) foreign() (f foreignLabels, err error) {
	f.ignore = -1
	f.known[classes.Background] = true
	for name, raw := range n.Labels {
		var value int
		if json.Unmarshal(raw, &value) != nil || value < 0 || value > 255 {
			return f, fmt.Errorf(
				"the label %q of its dataset.json is not a single number from 0 to 255", name,
			)
		}
		f.named[value] = true
		if strings.EqualFold(name, "ignore") {
			f.ignore = value
			continue
		}
		if class, ok := classes.Named(name); ok {
			f.class[value] = class
			f.known[class] = true
		}
	}
	if f.known == (classes.Known{classes.Background: true}) {
		return f, fmt.Errorf("its dataset.json names none of %s",
			strings.Join(classes.Marks(), ", "))
	}
	f.known[classes.Lesion] = f.known.Whole()
	return f, nil
}

// translate turns foreign labels into classes in place. Pixels that are not annotated become
// classes.Ignored. It reports whether any pixel is annotated.
func (f *foreignLabels) translate(labels []uint8) (annotated bool, err error) {
	for i, v := range labels {
		if int(v) == f.ignore {
			labels[i] = classes.Ignored
			continue
		}
		if !f.named[v] {
			return false, fmt.Errorf("it holds the label %d, which dataset.json does not name", v)
		}
		labels[i] = f.class[v]
		annotated = true
	}
	return annotated, nil
}
