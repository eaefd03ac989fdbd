package model

import (
	"fmt"
	"strconv"
	"strings"

	"glasswork/model/internal/torch"
)

// device is where n's networks compute.
func (n Networks) device() (torch.Device, error) { return chooseDevice(n.Device, torch.GPUs) }

// CheckDevice says what is wrong with n's Device.
func (n Networks) CheckDevice() error {
	_, err := n.device()
	return err
}

// chooseDevice reads "auto" (or nothing), "cpu" or "cuda:N"; auto is the first GPU that
// answers, else the processor.
func chooseDevice(name string, gpus func() int) (torch.Device, error) {
	switch name {
	case "", "auto":
		if gpus() > 0 {
			return 0, nil
		}
		return torch.CPU, nil
	case "cpu":
		return torch.CPU, nil
	case "cuda":
		name = "cuda:0"
	}
	number, ok := strings.CutPrefix(name, "cuda:")
	i, err := strconv.Atoi(number)
	if !ok || err != nil || i < 0 {
		return 0, fmt.Errorf("the device %q is none of auto, cpu and cuda:N", name)
	}
	switch count := gpus(); {
	case count == 0:
		return 0, fmt.Errorf("no GPU answers, so %s cannot be used; leave the device to auto, or "+
			"install a backend for CUDA", name)
	case i >= count:
		return 0, fmt.Errorf("there is no %s: %d GPUs answer, counted from 0", name, count)
	}
	return torch.Device(i), nil
}

func deviceName(d torch.Device) string {
	if d == torch.CPU {
		return "cpu"
	}
	return fmt.Sprintf("cuda:%d", d)
}
