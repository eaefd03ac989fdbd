// Command glasswork-codec decodes compressed DICOM frames for the other programs, which
// start it as a child: bad data that crash or stall a decoder cost one frame here, not
// the window. It speaks over stdin and stdout and has no use for a person.
package main

import (
	"os"

	"glasswork/dataset/dicom/codec/worker"
)

func main() { os.Exit(worker.Main()) }
