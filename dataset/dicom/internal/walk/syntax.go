package walk

import "fmt"

// Syntax is a transfer syntax. It says how the elements of a file are encoded, and whether its
// pixels are stored as plain numbers.
type Syntax struct {
	UID, Name  string
	BigEndian  bool
	Implicit   bool
	Deflated   bool
	Compressed bool
	// BigPixels says that only the pixels are big endian.
	BigPixels bool
}

// The uncompressed transfer syntaxes that are not deflated.
const (
	ImplicitLE = "1.2.840.10008.1.2"
	ExplicitLE = "1.2.840.10008.1.2.1"
	ExplicitBE = "1.2.840.10008.1.2.2"
	// GEPrivate is what archives of GE use: implicit little endian, with big endian pixels.
	GEPrivate = "1.2.840.113619.5.2"
)

// Syntaxes returns the transfer syntaxes with a known name (PS3.6, table A-1). Package codec knows
// which of the compressed ones can be decoded.
func Syntaxes() []Syntax {
	packed := func(uid, name string) Syntax {
		return Syntax{UID: uid, Name: name, Compressed: true}
	}
	return []Syntax{
		{UID: ImplicitLE, Name: "Implicit VR Little Endian", Implicit: true},
		{UID: ExplicitLE, Name: "Explicit VR Little Endian"},
		{UID: ExplicitBE, Name: "Explicit VR Big Endian", BigEndian: true},
		{UID: "1.2.840.10008.1.2.1.99", Name: "Deflated Explicit VR Little Endian", Deflated: true},
		{UID: GEPrivate, Name: "GE Private Implicit VR", Implicit: true, BigPixels: true},
		packed("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"),
		packed("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)"),
		packed("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)"),
		packed("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 & 5)"),
		packed("1.2.840.10008.1.2.4.53",
			"JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8)"),
		packed("1.2.840.10008.1.2.4.55",
			"JPEG Full Progression, Non-Hierarchical (Process 10 & 12)"),
		packed("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)"),
		packed("1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction (Process 14, "+
			"Selection Value 1)"),
		packed("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
		packed("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
		packed("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"),
		packed("1.2.840.10008.1.2.4.91", "JPEG 2000"),
		packed("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component Lossless"),
		packed("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component"),
		packed("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
		packed("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate"),
		packed("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level"),
		packed("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level"),
		packed("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile"),
		packed("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile"),
		packed("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
		packed("1.2.840.10008.1.2.4.112", "JPEG XL"),
		packed("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless"),
		packed("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options Lossless"),
		packed("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"),
		packed("1.2.840.10008.1.2.5", "RLE Lossless"),
		packed("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression"),
	}
}

// FindSyntax returns the transfer syntax of a UID. It refuses an unknown one, because nothing says
// how its elements are encoded.
func FindSyntax(uid string) (Syntax, error) {
	for _, s := range Syntaxes() {
		if s.UID == uid {
			return s, nil
		}
	}
	if uid == "" {
		return Syntax{}, fmt.Errorf("it does not name its transfer syntax")
	}
	return Syntax{}, fmt.Errorf("its transfer syntax %.64q is unknown; export the series as "+
		"Explicit VR Little Endian", uid)
}
