package session

import (
	"path/filepath"
	"testing"

	"glasswork/dataset/export"
	"glasswork/dataset/nifti"
)

func TestExportSavesAndWritesWhatIsReviewed(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.stroke(10, 10)
	w.review()
	dir := t.TempDir()
	w.Exporting.Export(dir, export.Options{Format: "nnunet"})
	if job, ok := w.Jobs.Current(); !ok || job.Kind != JobExport {
		t.Fatalf("job = %+v, %v; want an export", job, ok)
	}
	w.Exporting.Export(dir, export.Options{Format: "kaggle"})
	if !w.said("Still busy (Exporting")() {
		t.Errorf("a second export was not refused: %v", w.texts())
	}
	w.until("the export", w.said("exported 1 study to "+dir))
	files, err := filepath.Glob(filepath.Join(dir, "*", "labelsTr", "*.nii.gz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("label files = %v, %v", files, err)
	}
	got, err := nifti.ReadLabels(t.Context(), files[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := w.labels(); string(got.Labels) != string(want.Labels) {
		t.Error("the exported labels are not those of the window")
	}
}

func TestACancelledExportSaysSoAndLeavesNothingHalf(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	w.Tools.Take(Brush)
	w.stroke(10, 10)
	dir := t.TempDir()
	w.Exporting.Export(dir, export.Options{Format: "nnunet"})
	w.Jobs.Cancel()
	w.until("the end", func() bool { _, runs := w.Jobs.Current(); return !runs })
	if !w.said("Exporting was cancelled")() {
		t.Fatalf("messages: %v", w.texts())
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*", "dataset.json")); len(files) > 0 {
		t.Error("a cancelled export calls itself complete")
	}
}

func TestAnExportThatFailsNamesTheFolder(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	w.openTest("one")
	dir := t.TempDir()
	w.Exporting.Export(dir, export.Options{Format: "nnunet", OnlyReviewed: true})
	w.until("the refusal", w.said("The export to "+dir+" did not work"))
}

func TestExportOfOneStudyLeavesOutTheOthers(t *testing.T) {
	w := newWindow(t, t.TempDir(), nil)
	for _, id := range []string{"one", "two"} {
		w.openTest(id)
		w.Tools.Take(Brush)
		w.stroke(10, 10)
		w.review()
	}
	dir := t.TempDir()
	w.Exporting.Export(dir, export.Options{Format: "nnunet"}, w.Reading.StudyID())
	w.until("the export", w.said("exported 1 study to "+dir))
	files, err := filepath.Glob(filepath.Join(dir, "*", "labelsTr", "study-0002*"))
	if err != nil || len(files) != 1 {
		t.Errorf("label files = %v, %v", files, err)
	}
}
