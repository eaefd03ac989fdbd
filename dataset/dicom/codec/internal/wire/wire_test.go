package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRequestsArriveAsSent(t *testing.T) {
	var b bytes.Buffer
	sent := []Request{
		{
			Codec: JPEG2000, Rows: 512, Columns: 511, Limit: 1500 * time.Millisecond,
			Stream: []byte("codestream"),
		},
		{
			Codec: JPEGLS, Rows: 1, Columns: 1, Limit: time.Second,
			Stream: bytes.Repeat([]byte("long"), 1<<20),
		},
		{Codec: JPEGLS, Rows: 1, Columns: 1, Stream: []byte{}},
	}
	for _, q := range sent {
		if err := WriteRequest(&b, q); err != nil {
			t.Fatal(err)
		}
	}
	var buf []byte
	for i, want := range sent {
		got, err := ReadRequest(&b, buf)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("request %d: %v, not as sent", i, err)
		}
		buf = got.Stream
	}
	if _, err := ReadRequest(&b, buf); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: %v", err)
	}
}

func TestRepliesArriveAsSent(t *testing.T) {
	var b bytes.Buffer
	sent := []Reply{
		{Bytes: 2, Precision: 12, Pixels: []byte("12345678")},
		{Message: "it is damaged"},
		{Bytes: 1, Precision: 8, Pixels: []byte("abcd")},
	}
	for _, p := range sent {
		if err := WriteReply(&b, p); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range sent {
		if got, err := ReadReply(&b, 4, nil); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("reply %d: %+v, %v; want %+v", i, got, err, want)
		}
	}
	var long bytes.Buffer
	if err := WriteReply(&long, Reply{Message: strings.Repeat("x", 5000)}); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadReply(&long, 4, nil); err != nil || len(got.Message) != maxMessage {
		t.Errorf("a long sentence: %d bytes, %v", len(got.Message), err)
	}
}

func FuzzReadRequest(f *testing.F) {
	var b bytes.Buffer
	_ = WriteRequest(&b, Request{
		Codec: JPEGLS, Rows: 2, Columns: 2, Limit: time.Second, Stream: []byte("abc"),
	})
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := ReadRequest(bytes.NewReader(b), nil)
		if err == nil && (len(q.Stream) > len(b) || q.Rows > maxSide || q.Columns > maxSide) {
			t.Errorf("%d × %d, %d bytes of %d", q.Columns, q.Rows, len(q.Stream), len(b))
		}
	})
}

func FuzzReadReply(f *testing.F) {
	for _, p := range []Reply{
		{Bytes: 2, Precision: 12, Pixels: []byte("12345678")}, {Message: "it is damaged"},
	} {
		var b bytes.Buffer
		_ = WriteReply(&b, p)
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()-1])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ReadReply(bytes.NewReader(b), 4, nil)
		if err == nil && p.Message == "" && len(p.Pixels) != 4*p.Bytes {
			t.Errorf("%d bytes for 4 pixels of %d", len(p.Pixels), p.Bytes)
		}
	})
}
