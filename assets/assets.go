// Package assets holds Glasswork's icon. The shipped model is in assets/baseline.
package assets

import _ "embed"

//go:generate go run ./drawicon icon.png

// Icon is the application's icon, a PNG of 512 × 512 pixels.
//
//go:embed icon.png
var Icon []byte
