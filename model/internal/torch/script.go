package torch

import (
	"errors"
	"fmt"

	"github.com/sugarme/gotch/libtch"

	"glasswork/model/internal/capi"
)

// Module is a TorchScript module.
type Module struct{ c libtch.Cmodule }

// LoadModule reads a module from memory onto a device.
func LoadModule(data []byte, d Device) (*Module, error) {
	if len(data) == 0 {
		return nil, errors.New("there are no bytes")
	}
	c := capi.ModuleLoad(data, int32(d))
	if err := lastError(); err != nil {
		return nil, err
	}
	libtch.AtmEval(c)
	return &Module{c}, lastError()
}

// Forward is the module's answer to x.
func (m *Module) Forward(s *Scope, x *Tensor) *Tensor {
	if s.stop(x) {
		return nil
	}
	if err := SetGradients(false); err != nil {
		s.Fail(err)
		return nil
	}
	y := s.own("TorchScript", libtch.AtmForward(m.c, &x.c, 1))
	if err := SetGradients(true); err != nil {
		s.Fail(err)
	}
	return y
}

// Drop frees the module. Dropping twice or nil is harmless.
func (m *Module) Drop() {
	if m == nil || m.c == nil {
		return
	}
	libtch.AtmFree(m.c)
	m.c = nil
}

// Trace makes a TorchScript module, given as the bytes of a file, that computes of any x
// what f computes of this one. f must not read sizes of tensors.
func Trace(s *Scope, x *Tensor, f func(x *Tensor) *Tensor) ([]byte, error) {
	if s.stop(x) {
		return nil, s.err
	}
	capi.TraceStart(x.c)
	if err := lastError(); err != nil {
		return nil, err
	}
	y := f(x)
	if s.err != nil {
		capi.TraceEnd(nil)
		return nil, s.err
	}
	module := capi.TraceEnd(y.c)
	if err := lastError(); err != nil {
		capi.TraceEnd(nil)
		_ = lastError()
		return nil, fmt.Errorf("trace: %w", err)
	}
	return module, nil
}
