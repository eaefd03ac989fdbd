// Package score judges a segmentation against a reference: confusion matrix first,
// then IoU, Dice, accuracy, precision, recall and lesion volumes, with bootstrap intervals
// over patients. docs/training.md has the definitions.
//
// What is undefined (a class absent from reference and prediction alike) is nil and
// null in JSON, never 0 or 1.
package score

// Report is how one model did on a set of cases.
type Report struct {
	// Cases is the number of scored cases, Patients how many people they come from.
	Cases    int `json:"cases"`
	Patients int `json:"patients"`
	// Batches is the number of batches that means over batches are of; 0 if there are none.
	Batches int `json:"batches,omitempty"`
	// Confusion counts the pixels of all cases, [reference][predicted].
	Confusion Confusion `json:"confusion"`
	// Accuracy is the share of pixels whose class is right, over all cases together;
	// AccuracyBatches its mean over batches.
	Accuracy        *float64 `json:"accuracy"`
	AccuracyBatches *float64 `json:"accuracy_batches,omitempty"`
	// Background is what is none of the other classes.
	Background ClassScore `json:"background"`
	// Classes are the foreground classes: ground glass, consolidation, lungs other.
	Classes []ClassScore `json:"classes"`
	// Lesion is ground glass and consolidation together, with lesions of which the reference
	// does not tell the kind.
	Lesion ClassScore `json:"lesion"`
}

// LesionName is the name of the score of lesion as a whole.
const LesionName = "lesion"

// ClassScore is one class's part of a Report.
type ClassScore struct {
	Name string `json:"name"`
	// Pooled scores count the pixels of all cases together; mean scores are the mean
	// over the cases in whose reference the class is present (Present of them).
	// Accuracy is the share of pixels on which both sides agree whether they are the class's.
	IoUPooled       *float64 `json:"iou_pooled"`
	DicePooled      *float64 `json:"dice_pooled"`
	AccuracyPooled  *float64 `json:"accuracy_pooled"`
	PrecisionPooled *float64 `json:"precision_pooled"`
	RecallPooled    *float64 `json:"recall_pooled"`
	IoUMean         *float64 `json:"iou_mean"`
	DiceMean        *float64 `json:"dice_mean"`
	AccuracyMean    *float64 `json:"accuracy_mean"`
	PrecisionMean   *float64 `json:"precision_mean"`
	RecallMean      *float64 `json:"recall_mean"`
	Present         int      `json:"present"`
	// Scores over batches are the mean of those of each batch, pooled over its pixels, as
	// the reference study has them; nil without batches.
	IoUBatches       *float64 `json:"iou_batches,omitempty"`
	DiceBatches      *float64 `json:"dice_batches,omitempty"`
	AccuracyBatches  *float64 `json:"accuracy_batches,omitempty"`
	PrecisionBatches *float64 `json:"precision_batches,omitempty"`
	RecallBatches    *float64 `json:"recall_batches,omitempty"`
	// The intervals hold 95 % of the bootstrapped scores, pooled and means over cases
	// (patients drawn with replacement); nil with fewer than two patients.
	IoUInterval      *Interval `json:"iou_interval"`
	DiceInterval     *Interval `json:"dice_interval"`
	IoUMeanInterval  *Interval `json:"iou_mean_interval"`
	DiceMeanInterval *Interval `json:"dice_mean_interval"`
	// ReferenceML and PredictedML are volumes in ml on the scored slices, over all
	// cases with a known voxel size; VolumeErrorML is the mean over patients of the
	// absolute difference. nil where no voxel size is known.
	ReferenceML   *float64 `json:"reference_ml"`
	PredictedML   *float64 `json:"predicted_ml"`
	VolumeErrorML *float64 `json:"volume_error_ml"`
}

// Interval is a 95 % interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Comparison is a new model beside the current one on the same cases.
type Comparison struct {
	// Patients is the number of held-out patients; 0 if only synthetic studies were scored.
	Patients int `json:"patients"`
	// Classes are in the order of Report.Classes, Lesion is of lesion as a whole.
	Classes []Difference `json:"classes"`
	Lesion  Difference   `json:"lesion"`
	// Better is true only if the new model is proven better on some class and worse on none.
	Better bool `json:"better"`
	// Verdict says so in one sentence.
	Verdict string `json:"verdict"`
}

// Difference is one class of a Comparison: scores pooled over the held-out pixels.
type Difference struct {
	Name        string   `json:"name"`
	CurrentIoU  *float64 `json:"current_iou"`
	NewIoU      *float64 `json:"new_iou"`
	CurrentDice *float64 `json:"current_dice"`
	NewDice     *float64 `json:"new_dice"`
	// IoU and Dice are new minus current, with the 95 % interval of the paired
	// bootstrap over patients; nil where undefined or with fewer than two patients.
	IoU          *float64  `json:"iou_difference"`
	Dice         *float64  `json:"dice_difference"`
	IoUInterval  *Interval `json:"iou_interval"`
	DiceInterval *Interval `json:"dice_interval"`
}
