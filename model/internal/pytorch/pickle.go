package pytorch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
)

// The kinds of values a pickle makes here, beside nil, bool, int64, *big.Int, float64,
// string and []byte.
type (
	list  struct{ items []any }
	tuple []any
	// dict keeps what stands under strings, in the order of the file; other keys are dropped.
	dict struct {
		keys   []string
		values map[string]any
	}
	// global is a name that a pickle refers to; only those in known can be.
	global string
	// inert stands for a value that nobody needs: it was made by nothing and does nothing.
	inert struct{}
	mark  struct{}
)

func newDict() *dict { return &dict{values: map[string]any{}} }

func (d *dict) set(key, value any) {
	k, ok := key.(string)
	if !ok {
		return
	}
	if _, there := d.values[k]; !there {
		d.keys = append(d.keys, k)
	}
	d.values[k] = value
}

const (
	// maxOps and maxStack bound a pickle: that of a network has a few thousand of each.
	maxOps   = 8 << 20
	maxStack = 1 << 20
	maxLong  = 64 // bytes of an integer
)

var (
	errCut     = errors.New("the file is cut: its description of the tensors has no end")
	errGarbled = errors.New("its description of the tensors is garbled")
)

// machine runs the subset of Python's pickle language (docs.python.org/3/library/pickletools)
// that files of tensors are written in. It calls nothing: the few names it knows stand for
// code of this package, and every other name is an error.
type machine struct {
	data  []byte
	at    int
	stack []any
	memo  map[uint32]any
	// load gives what a persistent ID, a storage of numbers, stands for.
	load func(id tuple) (any, error)
}

// run runs one pickle from m.at to its end.
func (m *machine) run() (value any, err error) {
	m.stack, m.memo = nil, map[uint32]any{}
	for range maxOps {
		op, err := m.byte()
		if err != nil {
			return nil, err
		}
		if op == '.' {
			return m.pop()
		}
		if err := m.step(op); err != nil {
			return nil, err
		}
		if len(m.stack) > maxStack {
			return nil, errGarbled
		}
	}
	return nil, errors.New("its description of the tensors is too long")
}

// step runs one instruction.
func (m *machine) step(op byte) error {
	if value, ok := constants[op]; ok {
		m.push(value)
		return nil
	}
	for _, group := range []func(m *machine, op byte) (bool, error){
		(*machine).number, (*machine).text, (*machine).remember, (*machine).container,
		(*machine).object,
	} {
		if done, err := group(m, op); done || err != nil {
			return err
		}
	}
	return fmt.Errorf("its description of the tensors uses the instruction %#02x, which no "+
		"PyTorch writes", op)
}

// constants are instructions that push a value which nobody changes.
var constants = map[byte]any{'N': nil, 0x88: true, 0x89: false, ')': tuple(nil), '(': mark{}}

// number pushes numbers.
func (m *machine) number(op byte) (bool, error) {
	switch op {
	case 'K', 'M', 'J':
		b, err := m.take(map[byte]int{'K': 1, 'M': 2, 'J': 4}[op])
		if err != nil {
			return true, err
		}
		switch op {
		case 'K':
			m.push(int64(b[0]))
		case 'M':
			m.push(int64(binary.LittleEndian.Uint16(b)))
		default:
			m.push(int64(int32(binary.LittleEndian.Uint32(b))))
		}
	case 'G':
		b, err := m.take(8)
		if err != nil {
			return true, err
		}
		m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case 0x8a:
		b, err := m.counted(1)
		if err != nil {
			return true, err
		}
		if len(b) > maxLong {
			return true, errGarbled
		}
		m.push(long(b))
	default:
		return false, nil
	}
	return true, nil
}

// long is a little-endian integer in two's complement.
func long(b []byte) any {
	reversed := make([]byte, len(b))
	for i, v := range b {
		reversed[len(b)-1-i] = v
	}
	n := new(big.Int).SetBytes(reversed)
	if len(b) > 0 && b[len(b)-1] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// text pushes strings and bytes.
func (m *machine) text(op byte) (bool, error) {
	switch op {
	case 'X', 'T', 0x8c, 'U', 0x8d: // by the width of their length
		b, err := m.counted(map[byte]int{'X': 4, 'T': 4, 0x8c: 1, 'U': 1, 0x8d: 8}[op])
		m.push(string(b))
		return true, err
	case 'B', 'C', 0x8e:
		b, err := m.counted(map[byte]int{'B': 4, 'C': 1, 0x8e: 8}[op])
		m.push(b)
		return true, err
	}
	return false, nil
}

// remember runs the instructions for the memo and the stack, and those that say
// nothing of values.
func (m *machine) remember(op byte) (bool, error) {
	switch op {
	case 0x80: // protocol
		_, err := m.take(1)
		return true, err
	case 0x95: // frame
		_, err := m.take(8)
		return true, err
	case 0x94:
		return true, m.put(uint32(len(m.memo)))
	case '0':
		_, err := m.pop()
		return true, err
	case '1':
		_, err := m.popMark()
		return true, err
	case '2':
		top, err := m.top()
		m.push(top)
		return true, err
	case 'q', 'r', 'h', 'j':
		width := 1
		if op == 'r' || op == 'j' {
			width = 4
		}
		b, err := m.take(width)
		if err != nil {
			return true, err
		}
		i := uint32(b[0])
		if width == 4 {
			i = binary.LittleEndian.Uint32(b)
		}
		if op == 'q' || op == 'r' {
			return true, m.put(i)
		}
		value, ok := m.memo[i]
		if !ok {
			return true, errGarbled
		}
		m.push(value)
		return true, nil
	}
	return false, nil
}

func (m *machine) put(i uint32) error {
	top, err := m.top()
	m.memo[i] = top
	return err
}

// container makes tuples, lists, dictionaries and sets and fills them.
func (m *machine) container(op byte) (bool, error) {
	switch op {
	case '}':
		m.push(newDict())
	case ']', 0x8f: // a set is as good as a list here
		m.push(&list{})
	case 0x85, 0x86, 0x87:
		items, err := m.popN(int(op-0x85) + 1)
		m.push(tuple(items))
		return true, err
	case 't', 'l', 0x91:
		items, err := m.popMark()
		if op == 't' {
			m.push(tuple(items))
		} else {
			m.push(&list{items})
		}
		return true, err
	case 'd':
		items, err := m.popMark()
		m.push(newDict())
		return true, errors.Join(err, m.fill(items))
	case 'a', 's':
		items, err := m.popN(map[byte]int{'a': 1, 's': 2}[op])
		if err != nil {
			return true, err
		}
		return true, m.fill(items)
	case 'e', 'u', 0x90:
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		return true, m.fill(items)
	default:
		return false, nil
	}
	return true, nil
}

// fill adds items, which are keys and values by turns for a dictionary, to the topmost value.
func (m *machine) fill(items []any) error {
	top, err := m.top()
	if err != nil {
		return err
	}
	switch t := top.(type) {
	case *list:
		t.items = append(t.items, items...)
	case *dict:
		if len(items)%2 != 0 {
			return errGarbled
		}
		for i := 0; i < len(items); i += 2 {
			t.set(items[i], items[i+1])
		}
	case inert:
	default:
		return errGarbled
	}
	return nil
}

// object runs the instructions that in Python would import and call.
func (m *machine) object(op byte) (bool, error) {
	switch op {
	case 'c':
		module, err := m.line()
		if err != nil {
			return true, err
		}
		name, err := m.line()
		if err != nil {
			return true, err
		}
		return true, m.refer(module, name)
	case 0x93:
		pair, err := m.popN(2)
		if err != nil {
			return true, err
		}
		module, ok1 := pair[0].(string)
		name, ok2 := pair[1].(string)
		if !ok1 || !ok2 {
			return true, errGarbled
		}
		return true, m.refer(module, name)
	case 'R', 0x81:
		pair, err := m.popN(2)
		if err != nil {
			return true, err
		}
		arguments, ok := pair[1].(tuple)
		if !ok {
			return true, errGarbled
		}
		made, err := build(pair[0], arguments)
		m.push(made)
		return true, err
	case 'b': // a state_dict's attributes, or those of something inert
		_, err := m.pop()
		return true, err
	case 'Q':
		id, err := m.pop()
		if err != nil {
			return true, err
		}
		parts, ok := id.(tuple)
		if !ok {
			return true, errGarbled
		}
		value, err := m.load(parts)
		m.push(value)
		return true, err
	}
	return false, nil
}

// refer pushes a name of a Python module, if it is a known one.
func (m *machine) refer(module, name string) error {
	g := global(module + "." + name)
	if !isKnown(g) {
		return fmt.Errorf("it refers to Python's %.80q, and nothing in a model file is run: save "+
			"the network's state_dict() alone", string(g))
	}
	m.push(g)
	return nil
}

func (m *machine) byte() (byte, error) {
	b, err := m.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// take is the next n bytes.
func (m *machine) take(n int) ([]byte, error) {
	if n > len(m.data)-m.at {
		return nil, errCut
	}
	b := m.data[m.at : m.at+n]
	m.at += n
	return b, nil
}

// counted is as many bytes as the next width bytes say.
func (m *machine) counted(width int) ([]byte, error) {
	b, err := m.take(width)
	if err != nil {
		return nil, err
	}
	var wide [8]byte
	copy(wide[:], b)
	n := binary.LittleEndian.Uint64(wide[:])
	if n > uint64(len(m.data)-m.at) {
		return nil, errCut
	}
	return m.take(int(n))
}

// line is the text up to the next newline.
func (m *machine) line() (string, error) {
	for i := m.at; i < len(m.data) && i-m.at < 1024; i++ {
		if m.data[i] == '\n' {
			text := string(m.data[m.at:i])
			m.at = i + 1
			return text, nil
		}
	}
	return "", errCut
}

func (m *machine) push(value any) { m.stack = append(m.stack, value) }

func (m *machine) top() (any, error) {
	if len(m.stack) == 0 {
		return nil, errGarbled
	}
	return m.stack[len(m.stack)-1], nil
}

func (m *machine) pop() (any, error) {
	items, err := m.popN(1)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// popN takes the topmost n values, the lowest first.
func (m *machine) popN(n int) ([]any, error) {
	if len(m.stack) < n {
		return nil, errGarbled
	}
	items := append([]any(nil), m.stack[len(m.stack)-n:]...)
	m.stack = m.stack[:len(m.stack)-n]
	return items, nil
}

// popMark takes everything above the last mark, and the mark.
func (m *machine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			items, err := m.popN(len(m.stack) - i - 1)
			m.stack = m.stack[:i]
			return items, err
		}
	}
	return nil, errGarbled
}
