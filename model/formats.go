package model

import (
	"errors"
	"fmt"
	"strings"

	"glasswork/training/network"
)

// formats are what Export writes.
var formats = []struct {
	name  string
	write func(l *Learner, path string, info network.Info) error
}{
	{"torchscript", func(l *Learner, path string, _ network.Info) error {
		return l.SaveTorchScript(path)
	}},
	{"pth-names", func(l *Learner, path string, _ network.Info) error {
		return l.SaveStateDict(path)
	}},
	{"safetensors", (*Learner).Save},
}

// CheckFormat refuses the name of a format that Export does not write.
func CheckFormat(name string) error {
	_, err := format(name)
	return err
}

func format(name string) (write func(*Learner, string, network.Info) error, err error) {
	var known []string
	for _, f := range formats {
		if f.name == name {
			return f.write, nil
		}
		known = append(known, f.name)
	}
	return nil, fmt.Errorf("--format %s is none of %s", name, strings.Join(known, ", "))
}

// Export writes a network for other programs: as "torchscript", a module that runs by
// itself; as "pth-names", a state_dict; as "safetensors", a checkpoint with info.
func Export(l network.Learner, name, path string, info network.Info) error {
	write, err := format(name)
	if err != nil {
		return err
	}
	learner, ok := l.(*Learner)
	if !ok {
		return errors.New("a TorchScript module is a program already and cannot be written " +
			"as anything else")
	}
	return write(learner, path, info)
}
