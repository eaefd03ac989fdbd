package series

// AssumedCenter and AssumedWidth are the lung window in HU in which 8-bit grey values are
// assumed to have been made, unless the file says otherwise: 0 is black, 255 white. They follow
// from the peaks of lung, fat and muscle in published slices (docs/decisions.md).
const (
	AssumedCenter = -400
	AssumedWidth  = 1400
)

// AssumedScale returns slope and intercept that map grey 0…255 into the assumed window.
func AssumedScale() (slope, intercept float64) {
	return AssumedWidth / 255.0, AssumedCenter - AssumedWidth/2.0
}
