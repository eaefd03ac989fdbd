package score

// Evaluation is a report without volumes, as the trainer's evaluate prints it and a model's
// card keeps it. nil is null: undefined.
type Evaluation struct {
	Cases     int               `json:"cases"`
	Patients  int               `json:"patients"`
	Confusion *Confusion        `json:"confusion,omitempty"`
	Accuracy  *float64          `json:"accuracy"`
	Classes   []EvaluationClass `json:"classes"`
	// Lesion is of lesion as a whole; null in files older than it.
	Lesion *EvaluationClass `json:"lesion,omitempty"`
}

// EvaluationClass is one class's part of an Evaluation; ClassScore says what the scores are.
type EvaluationClass struct {
	Name             string    `json:"name"`
	IoUPooled        *float64  `json:"iou_pooled"`
	DicePooled       *float64  `json:"dice_pooled"`
	AccuracyPooled   *float64  `json:"accuracy_pooled"`
	PrecisionPooled  *float64  `json:"precision_pooled"`
	RecallPooled     *float64  `json:"recall_pooled"`
	IoUMean          *float64  `json:"iou_mean"`
	DiceMean         *float64  `json:"dice_mean"`
	AccuracyMean     *float64  `json:"accuracy_mean"`
	PrecisionMean    *float64  `json:"precision_mean"`
	RecallMean       *float64  `json:"recall_mean"`
	Present          int       `json:"present"`
	IoUInterval      *Interval `json:"iou_interval"`
	DiceInterval     *Interval `json:"dice_interval"`
	IoUMeanInterval  *Interval `json:"iou_mean_interval"`
	DiceMeanInterval *Interval `json:"dice_mean_interval"`
}

// Evaluation is the report without volumes.
func (r Report) Evaluation() Evaluation {
	e := Evaluation{
		Cases: r.Cases, Patients: r.Patients, Confusion: &r.Confusion, Accuracy: r.Accuracy,
	}
	for _, c := range r.Classes {
		e.Classes = append(e.Classes, c.evaluation())
	}
	lesion := r.Lesion.evaluation()
	e.Lesion = &lesion
	return e
}

func (r ClassScore) evaluation() EvaluationClass {
	return EvaluationClass{
		r.Name, r.IoUPooled, r.DicePooled, r.AccuracyPooled, r.PrecisionPooled, r.RecallPooled,
		r.IoUMean, r.DiceMean, r.AccuracyMean, r.PrecisionMean, r.RecallMean, r.Present,
		r.IoUInterval, r.DiceInterval, r.IoUMeanInterval, r.DiceMeanInterval,
	}
}
