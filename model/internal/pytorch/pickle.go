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
	// dict keeps the values with string keys, in the order of the file. Other keys are dropped.
	dict struct {
		keys   []string
		values map[string]any
	}
	// global is a name that a pickle refers to; only those in known can be.
	global string
	// inert stands for a value that nobody needs.
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
// in which files of tensors are written. It calls no Python: the few names it knows stand for
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
		if op == opStop {
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

// constants are the instructions that push a constant.
var constants = map[byte]any{
	opNone: nil, opNewTrue: true, opNewFalse: false, opEmptyTuple: tuple(nil), opMark: mark{},
}

// number pushes numbers.
func (m *machine) number(op byte) (bool, error) {
	switch op {
	case opBinInt1, opBinInt2, opBinInt:
		b, err := m.take(map[byte]int{opBinInt1: 1, opBinInt2: 2, opBinInt: 4}[op])
		if err != nil {
			return true, err
		}
		switch op {
		case opBinInt1:
			m.push(int64(b[0]))
		case opBinInt2:
			m.push(int64(binary.LittleEndian.Uint16(b)))
		default:
			m.push(int64(int32(binary.LittleEndian.Uint32(b))))
		}
	case opBinFloat:
		b, err := m.take(8)
		if err != nil {
			return true, err
		}
		m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case opLong1:
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

// The instructions that push strings and bytes, with the width of their length in bytes.
var (
	stringWidth = map[byte]int{
		opBinUnicode: 4, opBinString: 4, opBinUnicode8: 8,
		opShortBinUnicode: 1, opShortBinString: 1,
	}
	bytesWidth = map[byte]int{opBinBytes: 4, opShortBinBytes: 1, opBinBytes8: 8}
)

// text pushes strings and bytes.
func (m *machine) text(op byte) (bool, error) {
	if width, ok := stringWidth[op]; ok {
		b, err := m.counted(width)
		m.push(string(b))
		return true, err
	}
	if width, ok := bytesWidth[op]; ok {
		b, err := m.counted(width)
		m.push(b)
		return true, err
	}
	return false, nil
}

// remember runs the instructions for the memo and the stack, and those that frame a pickle.
func (m *machine) remember(op byte) (bool, error) {
	switch op {
	case opProto:
		_, err := m.take(1)
		return true, err
	case opFrame:
		_, err := m.take(8)
		return true, err
	case opMemoize:
		return true, m.put(uint32(len(m.memo)))
	case opPop:
		_, err := m.pop()
		return true, err
	case opPopMark:
		_, err := m.popMark()
		return true, err
	case opDup:
		top, err := m.top()
		m.push(top)
		return true, err
	case opBinPut, opLongBinPut, opBinGet, opLongBinGet:
		width := 1
		if op == opLongBinPut || op == opLongBinGet {
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
		if op == opBinPut || op == opLongBinPut {
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
	case opEmptyDict:
		m.push(newDict())
	case opEmptyList, opEmptySet: // a set is as good as a list here
		m.push(&list{})
	case opTuple1, opTuple2, opTuple3:
		items, err := m.popN(int(op-opTuple1) + 1)
		m.push(tuple(items))
		return true, err
	case opTuple, opList, opFrozenSet:
		items, err := m.popMark()
		if op == opTuple {
			m.push(tuple(items))
		} else {
			m.push(&list{items})
		}
		return true, err
	case opDict:
		items, err := m.popMark()
		m.push(newDict())
		return true, errors.Join(err, m.fill(items))
	case opAppend, opSetItem:
		items, err := m.popN(map[byte]int{opAppend: 1, opSetItem: 2}[op])
		if err != nil {
			return true, err
		}
		return true, m.fill(items)
	case opAppends, opSetItems, opAddItems:
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

// fill adds items to the topmost value. For a dictionary, keys and values alternate.
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

// object runs the instructions that would import and call in Python.
func (m *machine) object(op byte) (bool, error) {
	switch op {
	case opGlobal:
		module, err := m.line()
		if err != nil {
			return true, err
		}
		name, err := m.line()
		if err != nil {
			return true, err
		}
		return true, m.refer(module, name)
	case opStackGlobal:
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
	case opReduce, opNewObj:
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
	case opBuild: // a state_dict's attributes, or those of something inert
		_, err := m.pop()
		return true, err
	case opBinPersID:
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

// refer pushes a name of a Python module if the name is known.
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

// counted reads a length of width bytes and returns as many bytes.
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
