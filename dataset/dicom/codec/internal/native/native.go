// Package native decodes JPEG 2000 and JPEG-LS frames with OpenJPEG and CharLS. These are C and
// C++. Only the decoding program may import it, so that a crash costs one frame.
package native

// OpenJPEG's archive stands in front of the shared library that pkg-config names: what it
// resolves, the linker takes from it and does not ask for the library (--as-needed).

/*
#cgo pkg-config: libopenjp2 charls
#cgo CFLAGS: -O2 -DOPJ_STATIC
#cgo LDFLAGS: -l:libopenjp2.a -lm -lpthread -Wl,--as-needed
#cgo LDFLAGS: -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/lib
#include "native.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Frame is a decoded picture: little-endian samples of Bytes bytes, of which the low
// Precision bits are the value.
type Frame struct {
	Bytes, Precision int
	Pixels           []byte
}

// JPEG2000 decodes a codestream (not a JP2 file) of rows × columns grey pixels into buf,
// which is grown as needed.
func JPEG2000(stream []byte, rows, columns int, buf []byte) (Frame, error) {
	return decode(stream, rows, columns, buf, func(in, out unsafe.Pointer, info *C.gw_frame) {
		C.gw_decode_j2k(in, C.size_t(len(stream)), out, info)
	})
}

// JPEGLS decodes a JPEG-LS picture of rows × columns grey pixels into buf, which is grown as
// needed.
func JPEGLS(stream []byte, rows, columns int, buf []byte) (Frame, error) {
	return decode(stream, rows, columns, buf, func(in, out unsafe.Pointer, info *C.gw_frame) {
		C.gw_decode_jls(in, C.size_t(len(stream)), out, info)
	})
}

// decode gives call room for 16 bits per pixel and makes a frame of its result.
func decode(stream []byte, rows, columns int, buf []byte,
	call func(in, out unsafe.Pointer, info *C.gw_frame),
) (Frame, error) {
	if len(stream) == 0 || rows <= 0 || columns <= 0 {
		return Frame{}, errors.New("there is nothing to decode")
	}
	room := 2 * rows * columns
	if cap(buf) < room {
		buf = make([]byte, room)
	}
	buf = buf[:room]
	info := C.gw_frame{rows: C.uint32_t(rows), columns: C.uint32_t(columns)}
	call(unsafe.Pointer(&stream[0]), unsafe.Pointer(&buf[0]), &info)
	if info.message[0] != 0 {
		return Frame{}, errors.New(C.GoString(&info.message[0]))
	}
	f := Frame{Bytes: int(info.bytes), Precision: int(info.precision)}
	f.Pixels = buf[:rows*columns*f.Bytes]
	return f, nil
}

// OneArena keeps the C library's memory in one arena, so that it can be limited.
func OneArena() { C.gw_one_arena() }
