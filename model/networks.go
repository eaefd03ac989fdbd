package model

import (
	"runtime"

	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// Networks makes and loads learners. The zero value computes on a GPU if
// one answers, else on all cores.
type Networks struct {
	// Threads is how many threads one learner computes on; 0 means one for each core.
	Threads int
	// Device is "cpu", "cuda:N" or "auto", which is a GPU if one answers; empty means "auto".
	Device string
	// Arch and Encoder are for files of weights without a description. Where they are empty,
	// the names and shapes of the parameters tell.
	Arch, Encoder string
	// Channels is the number of channels of the pictures that a loaded network will see. 1
	// sums the channels of a first convolution made for three; 0 leaves it as it is.
	Channels int
}

var _ network.Factory = Networks{}

// New makes a network with random weights fixed by seed.
func (n Networks) New(spec network.Spec, seed uint64) (network.Learner, error) {
	l, err := n.learner(spec)
	if err != nil {
		return nil, err
	}
	l.net.initialise(seed)
	return l, nil
}

// learner builds a learner whose values are zero.
func (n Networks) learner(spec network.Spec) (*Learner, error) {
	device, err := n.device()
	if err != nil {
		return nil, err
	}
	l := &Learner{spec: spec, threads: n.threads(), worker: startWorker(n.threads())}
	err = l.worker.do(func() (err error) {
		l.net, err = newNetwork(spec, device)
		return err
	})
	if err != nil {
		l.worker.stop()
		return nil, err
	}
	l.method = network.Method{
		Loss:      network.Loss{Kind: network.LossBoth},
		Optimiser: network.Optimiser{Kind: network.Adam},
	}
	l.optimiser = newOptimiser(l.net.trainable, l.method.Optimiser)
	return l, nil
}

// Describe says which libtorch computes where on how many threads.
func (n Networks) Describe() (libtorch, device string, threads int) {
	d, err := n.device()
	if err != nil {
		d = torch.CPU
	}
	return torch.Version(), deviceName(d), n.threads()
}

func (n Networks) threads() int {
	if n.Threads > 0 {
		return n.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// LiveTensors is how many tensors of this process have not been dropped.
func LiveTensors() int64 { return torch.Live() }
