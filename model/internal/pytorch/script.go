package pytorch

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// operators are the operators that a module may call. A network for pictures needs no others.
// None of them touches a file, makes a tensor of a size that it is given, or draws numbers.
var operators = words(`_convolution conv2d conv_transpose2d batch_norm instance_norm layer_norm
	group_norm linear matmul bmm addmm mm einsum relu relu_ relu6 relu6_ hardtanh hardtanh_
	leaky_relu leaky_relu_ prelu elu elu_ gelu silu silu_ mish hardswish hardswish_ hardsigmoid
	hardsigmoid_ sigmoid sigmoid_ tanh tanh_ softmax log_softmax softplus max_pool2d avg_pool2d
	adaptive_avg_pool2d adaptive_max_pool2d upsample_nearest2d upsample_bilinear2d
	upsample_bicubic2d interpolate dropout dropout_ feature_dropout alpha_dropout add add_ sub sub_
	rsub mul mul_ div div_ neg pow sqrt exp log abs clamp clamp_ minimum maximum max min mean sum
	std var amax amin cat stack chunk split select slice narrow squeeze unsqueeze reshape view
	flatten permute transpose transpose_ t contiguous detach clone to type_as reshape_as view_as
	expand_as float pixel_shuffle pixel_unshuffle constant_pad_nd pad reflection_pad2d
	replication_pad2d size len dim numel eq ne lt le gt ge and or not __and__ __or__ __not__ __is__
	__isnot__ __getitem__ floordiv floor_divide remainder int Int Float Bool IntImplicit
	FloatImplicit ScalarImplicit NumToTensor append format warn argmax argmin index __contains__
	where`)

// builtins are the words of the language that look like calls.
var builtins = words(`annotate unchecked_cast uninitialized getattr isinstance len int float bool
	tuple list str if elif else and or not in is return assert def print`)

// primitives are what may be called as ops.prim.
var primitives = words(`NumToTensor RaiseException data unchecked_cast TupleUnpack ListUnpack
	min max device dtype layout is_cuda`)

// touching are names that no function of a module may have, so that a call of them cannot mean
// an operator that touches files.
var touching = words(`from_file save load open read write`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// CheckScript refuses a TorchScript module whose program does anything but what a network for
// pictures needs. It knows what is allowed: every operator, function and method that is called
// must be on a list or be defined by the module. Loops are refused, since they may never end;
// tracing a module leaves none.
func CheckScript(file []byte) error {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return errors.New("the file is cut or is not an archive: " +
			"its table of contents cannot be read")
	}
	var programs [][]string
	defined := map[string]bool{}
	for _, f := range z.File {
		if path.Ext(f.Name) != ".py" {
			continue
		}
		code, err := program(f)
		if err != nil {
			return err
		}
		tokens := lex(code)
		for i, token := range tokens {
			if token == "def" && i+1 < len(tokens) {
				defined[tokens[i+1]] = true
			}
		}
		programs = append(programs, tokens)
	}
	for name := range defined {
		if touching[name] {
			return refused(name)
		}
	}
	for _, tokens := range programs {
		if err := checkCalls(tokens, defined); err != nil {
			return err
		}
	}
	return nil
}

// program reads one file of a module's program.
func program(f *zip.File) ([]byte, error) {
	if f.UncompressedSize64 > maxCode {
		return nil, fmt.Errorf("the module's program %.60q is longer than that of any network",
			f.Name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("the module's program %.60q cannot be read", f.Name)
	}
	defer r.Close()
	code, err := io.ReadAll(io.LimitReader(r, maxCode))
	if err != nil {
		return nil, fmt.Errorf("the module's program %.60q is damaged", f.Name)
	}
	return code, nil
}

func refused(name string) error {
	return fmt.Errorf("the module's program uses %.60q, which has no place in a network; save its "+
		"state_dict, or trace it", name)
}

// token is a comment, a string, a name, a number or any other character.
var token = regexp.MustCompile(`(?s)#[^\n]*|"""(?:\\.|[^\\])*?"""|'\''(?:\\.|[^\\])*?'\''|` +
	`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9.eE]*|\S`)

// lex returns the tokens of a program without comments. Strings are "".
func lex(code []byte) (tokens []string) {
	// A backslash joins lines only; what else it does in the language is not needed.
	for _, t := range token.FindAll(code, -1) {
		switch t[0] {
		case '#', '\\':
		case '"', '\'':
			tokens = append(tokens, `""`)
		default:
			tokens = append(tokens, string(t))
		}
	}
	return tokens
}

func isName(token string) bool {
	c := token[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// checkCalls looks at every name of a program with the names before and after its dots.
func checkCalls(tokens []string, defined map[string]bool) error {
	at := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return "\n"
		}
		return tokens[i]
	}
	for i := 0; i < len(tokens); i++ {
		switch {
		case at(i) == "(" && slices.Contains([]string{")", "]", `""`}, at(i-1)):
			return refused("a call of what an expression returns")
		case !isName(at(i)):
			continue
		}
		from := i
		parts := []string{at(i)}
		for at(i+1) == "." && isName(at(i+2)) {
			parts = append(parts, at(i+2))
			i += 2
		}
		if err := checkName(parts, at(from-1), at(i+1) == "(", defined); err != nil {
			return err
		}
	}
	return nil
}

// checkName checks names with dots between them; before is the token before, called says whether
// they are called.
func checkName(parts []string, before string, called bool, defined map[string]bool) error {
	whole, last := strings.Join(parts, "."), parts[len(parts)-1]
	switch first := parts[0]; {
	case first == "while" || first == "for":
		return refused("a loop")
	case before == ".": // of an expression
	case first == "import" || first == "from" || first == "aten" || first == "prim":
		return refused(whole)
	case first == "torch":
		if len(parts) != 2 || !operators[last] || !called {
			return refused(whole)
		}
		return nil
	case first == "ops":
		prim := len(parts) == 3 && parts[1] == "prim" && primitives[last]
		aten := len(parts) == 3 && parts[1] == "aten" && operators[last]
		if !prim && !aten {
			return refused(whole)
		}
		return nil
	case len(parts) == 1 && called && builtins[first]:
		return nil
	}
	if called && !defined[last] && (!operators[last] || len(parts) == 1 && before != ".") &&
		before != "class" {
		return refused(whole)
	}
	return nil
}
