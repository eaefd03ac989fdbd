package dataset

import (
	"os"
	"testing"

	"glasswork/dataset/dicom/codec/codectest"
)

func TestMain(m *testing.M) { os.Exit(codectest.Main(m)) }
