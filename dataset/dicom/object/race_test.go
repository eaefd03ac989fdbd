//go:build race

package object

func init() { raceDetector = true }
