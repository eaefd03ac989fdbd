// Package baseline holds the model that Glasswork is shipped with. docs/models.md says
// how it was made and what it may be used for: research only, not a medical device.
package baseline

import (
	"embed"
	"errors"
	"io/fs"
)

//go:embed *
var files embed.FS

// Name is the file's name inside this package.
const Name = "baseline.safetensors"

// Model returns the shipped checkpoint.
func Model() ([]byte, error) {
	b, err := files.ReadFile(Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("this build ships no baseline model; name a model file with --model")
	}
	return b, err
}
