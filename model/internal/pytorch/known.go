package pytorch

import (
	"fmt"
	"strings"
)

// known are the names that a pickle may refer to, with what builds a value of them. All
// of it is code of this package.
var known = map[global]func(arguments tuple) (any, error){
	"collections.OrderedDict": buildDict,
	"collections.defaultdict": func(tuple) (any, error) { return newDict(), nil },

	"torch._utils._rebuild_tensor":    buildTensor,
	"torch._utils._rebuild_tensor_v2": buildTensor,
	"torch._utils._rebuild_parameter": func(arguments tuple) (any, error) {
		return first[*Tensor](arguments)
	},
	"torch.nn.parameter.Parameter": func(arguments tuple) (any, error) {
		return first[*Tensor](arguments)
	},
	"torch.Size": func(arguments tuple) (any, error) {
		return first[tuple](arguments)
	},

	// What checkpoints hold beside weights: hyper-parameters and scores. Nothing is made of them.
	"torch.device": buildNothing, "builtins.set": buildNothing, "__builtin__.set": buildNothing,
	"argparse.Namespace": buildNothing, "pathlib.PosixPath": buildNothing,
	"_codecs.encode":               buildNothing,
	"numpy.core.multiarray.scalar": buildNothing, "numpy._core.multiarray.scalar": buildNothing,
	"numpy.dtype": buildNothing,
	"pytorch_lightning.utilities.parsing.AttributeDict": buildNothing,
	"lightning.fabric.utilities.data.AttributeDict":     buildNothing,
	"lightning_fabric.utilities.data.AttributeDict":     buildNothing,

	"builtins.int": nil, "builtins.float": nil, "builtins.dict": nil, "builtins.list": nil,
}

// storageTypes are the elements of PyTorch's typed storages.
var storageTypes = map[global]*element{
	"torch.FloatStorage": float32s, "torch.DoubleStorage": float64s, "torch.HalfStorage": float16s,
	"torch.BFloat16Storage": bfloat16s,
	"torch.LongStorage":     int64s, "torch.IntStorage": int32s, "torch.ShortStorage": int16s,
	"torch.CharStorage": int8s,
	"torch.ByteStorage": uint8s, "torch.BoolStorage": uint8s,
}

// isKnown says whether a pickle may refer to a name at all.
func isKnown(name global) bool {
	_, callable := known[name]
	return callable || storageTypes[name] != nil || strings.HasPrefix(string(name), "torch.") &&
		dtypes[strings.TrimPrefix(string(name), "torch.")]
}

// dtypes are names of element types, which checkpoints may mention.
var dtypes = map[string]bool{
	"float32": true, "float64": true, "float16": true, "bfloat16": true,
	"int64": true, "int32": true, "int16": true, "int8": true, "uint8": true, "bool": true,
}

// build makes what Python would make by calling a name with arguments.
func build(called any, arguments tuple) (any, error) {
	name, ok := called.(global)
	if !ok {
		if _, nothing := called.(inert); nothing {
			return inert{}, nil
		}
		return nil, errGarbled
	}
	f := known[name]
	if f == nil {
		return nil, fmt.Errorf("it calls Python's %q, and nothing in a model file is run",
			string(name))
	}
	return f(arguments)
}

func buildNothing(tuple) (any, error) { return inert{}, nil }

// buildDict makes a dictionary, which may be given pairs.
func buildDict(arguments tuple) (any, error) {
	d := newDict()
	if len(arguments) == 0 {
		return d, nil
	}
	pairs, err := first[*list](arguments)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs.items {
		switch pair := p.(type) {
		case tuple:
			if len(pair) == 2 {
				d.set(pair[0], pair[1])
			}
		case *list:
			if len(pair.items) == 2 {
				d.set(pair.items[0], pair.items[1])
			}
		}
	}
	return d, nil
}

// first is the first argument.
func first[T any](arguments tuple) (value T, err error) {
	if len(arguments) == 0 {
		return value, errGarbled
	}
	value, ok := arguments[0].(T)
	if !ok {
		return value, errGarbled
	}
	return value, nil
}
