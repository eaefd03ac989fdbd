package voxels

import (
	"encoding/binary"
	"math"
)

// Kind is a scalar type of voxels.
type Kind int

// The kinds of voxels.
const (
	Uint8 Kind = iota
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Uint64
	Int64
	Float32
	Float64
)

// Bytes is the size of one voxel.
func (k Kind) Bytes() int {
	switch k {
	case Uint8, Int8:
		return 1
	case Uint16, Int16:
		return 2
	case Uint32, Int32, Float32:
		return 4
	}
	return 8
}

// Float reports whether voxels may have fractions.
func (k Kind) Float() bool { return k == Float32 || k == Float64 }

// Value returns the function that reads one voxel from its bytes.
func (k Kind) Value(o binary.ByteOrder) func(b []byte) float64 {
	switch k {
	case Uint8:
		return func(b []byte) float64 { return float64(b[0]) }
	case Int8:
		return func(b []byte) float64 { return float64(int8(b[0])) }
	case Uint16:
		return func(b []byte) float64 { return float64(o.Uint16(b)) }
	case Int16:
		return func(b []byte) float64 { return float64(int16(o.Uint16(b))) }
	case Uint32:
		return func(b []byte) float64 { return float64(o.Uint32(b)) }
	case Int32:
		return func(b []byte) float64 { return float64(int32(o.Uint32(b))) }
	case Uint64:
		return func(b []byte) float64 { return float64(o.Uint64(b)) }
	case Int64:
		return func(b []byte) float64 { return float64(int64(o.Uint64(b))) }
	case Float32:
		return func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }
	}
	return func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }
}
