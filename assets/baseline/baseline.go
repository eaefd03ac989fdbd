// Package baseline holds the model that Glasswork is shipped with. docs/models.md says
// how it was made and what it may be used for: research only, not a medical device.
package baseline

import (
	_ "embed"
	"errors"
)

// Name is the file's name in this package; baseline.json beside it is its card.
const Name = "baseline.safetensors"

//go:embed baseline.safetensors
var checkpoint []byte

// Model returns the shipped checkpoint. Do not change its bytes.
func Model() ([]byte, error) {
	if len(checkpoint) == 0 {
		return nil, errors.New("this build ships no baseline model; name a model file instead")
	}
	return checkpoint, nil
}
