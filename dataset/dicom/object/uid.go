package object

import (
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"strings"
)

// NewUID returns a new UID under 2.25, the root for random UUIDs (PS3.5 B.2).
func NewUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fromUUID(b[:])
}

// DeriveUID returns a UID that is always the same for the same parts. It is a name-based UUID (RFC
// 9562, version 8) under 2.25. If the first part is a secret, nobody else can tell what the UID was
// derived from.
func DeriveUID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6], sum[8] = sum[6]&0x0F|0x80, sum[8]&0x3F|0x80
	return fromUUID(sum[:16])
}

func fromUUID(b []byte) string { return "2.25." + new(big.Int).SetBytes(b).String() }

// ValidUID reports whether s is a valid UID (PS3.5 9.1).
func ValidUID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" || len(part) > 1 && part[0] == '0' {
			return false
		}
	}
	return true
}
