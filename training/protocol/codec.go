package protocol

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxPacked bounds what a Packed may unpack to: a slice of 8192 × 8192.
const MaxPacked = 8192 * 8192

// Packed is a [y,x] byte array that travels as base64 of its zlib stream.
type Packed []byte

// MarshalJSON packs the bytes.
func (p Packed) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(p); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return json.Marshal(b.Bytes())
}

// UnmarshalJSON unpacks the bytes, at most MaxPacked of them.
func (p *Packed) UnmarshalJSON(b []byte) error {
	var z []byte
	if err := json.Unmarshal(b, &z); err != nil {
		return err
	}
	if len(z) == 0 {
		*p = nil
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(z))
	if err != nil {
		return err
	}
	defer r.Close()
	out, err := io.ReadAll(io.LimitReader(r, MaxPacked+1))
	if err != nil {
		return err
	}
	if len(out) > MaxPacked {
		return errors.New("packed array is larger than any slice")
	}
	*p = out
	return nil
}

// Request is one message of the desktop: start (with ID and Job) or stop (of ID).
type Request struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Job  *Job   `json:"job,omitempty"`
}

// Types of messages.
const (
	TypeStart      = "start"
	TypeStop       = "stop"
	TypeHello      = "hello"
	TypeStatus     = "status"
	TypeEpoch      = "epoch"
	TypeCheckpoint = "checkpoint"
	TypeSlice      = "slice"
	TypeSummary    = "summary"
	TypeError      = "error"
)

// header is what every message of the trainer begins with.
type header struct {
	Type string `json:"type"`
	ID   string `json:"id,omitempty"`
}

// DecodeRequest reads one line of the desktop.
func DecodeRequest(line []byte) (Request, error) {
	var r Request
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("not a request: %w", err)
	}
	switch {
	case r.Type == TypeStop:
		return r, nil
	case r.Type != TypeStart:
		return r, fmt.Errorf("unknown request %q", r.Type)
	case r.Job == nil:
		return r, errors.New("start without a job")
	}
	return r, r.Job.Validate()
}

// MarshalJSON writes the event as one flat object with "type" first.
func (e Event) MarshalJSON() ([]byte, error) {
	h := header{e.Type, e.ID}
	switch {
	case e.Type == TypeHello && e.Hello != nil:
		return json.Marshal(struct {
			header
			*Hello
		}{h, e.Hello})
	case e.Type == TypeStatus && e.Status != nil:
		return json.Marshal(struct {
			header
			*Status
		}{h, e.Status})
	case e.Type == TypeEpoch && e.Epoch != nil:
		return json.Marshal(struct {
			header
			*Epoch
		}{h, e.Epoch})
	case e.Type == TypeCheckpoint && e.Checkpoint != nil:
		return json.Marshal(struct {
			header
			*Checkpoint
		}{h, e.Checkpoint})
	case e.Type == TypeSlice && e.Slice != nil:
		return json.Marshal(struct {
			header
			*Slice
		}{h, e.Slice})
	case e.Type == TypeSummary && e.Summary != nil:
		return json.Marshal(struct {
			header
			*Summary
		}{h, e.Summary})
	case e.Type == TypeError && e.Error != nil:
		return json.Marshal(struct {
			header
			*JobError
		}{h, e.Error})
	}
	return nil, fmt.Errorf("event %q has no content", e.Type)
}

// UnmarshalJSON reads a flat object into the field that its type names.
func (e *Event) UnmarshalJSON(line []byte) error {
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return err
	}
	*e = Event{Type: h.Type, ID: h.ID}
	content, err := e.content()
	if err != nil {
		return err
	}
	return json.Unmarshal(line, content)
}

// content allocates the field that e.Type names.
func (e *Event) content() (any, error) {
	switch e.Type {
	case TypeHello:
		e.Hello = new(Hello)
		return e.Hello, nil
	case TypeStatus:
		e.Status = new(Status)
		return e.Status, nil
	case TypeEpoch:
		e.Epoch = new(Epoch)
		return e.Epoch, nil
	case TypeCheckpoint:
		e.Checkpoint = new(Checkpoint)
		return e.Checkpoint, nil
	case TypeSlice:
		e.Slice = new(Slice)
		return e.Slice, nil
	case TypeSummary:
		e.Summary = new(Summary)
		return e.Summary, nil
	case TypeError:
		e.Error = new(JobError)
		return e.Error, nil
	}
	return nil, fmt.Errorf("unknown message %q", e.Type)
}
