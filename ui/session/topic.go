package session

import "slices"

// Topic is a set of things that change; combine with |.
type Topic uint32

// The topics, and what answers differently after them.
const (
	TopicStudies  Topic = 1 << iota // Studies.All
	TopicStudy                      // another study, or none: Reading, Opening.Text
	TopicSlice                      // another slice, or its voxels have arrived: Reading
	TopicDisplay                    // Display
	TopicLabels                     // labels, other than by the stroke in progress
	TopicTool                       // Tools
	TopicMeasures                   // Measuring.Classes
	TopicStrip                      // Measuring.Survey
	TopicSaved                      // Saving.Text, Editing.CanUndo and CanRedo, Reviewing
	TopicModels                     // Models
	TopicJob                        // Jobs
	TopicPlan                       // Retraining.Plan
	TopicVerdict                    // Retraining.Verdict
	TopicMessages                   // Messages.All
	TopicPointer                    // Reading.Here
	TopicChoice                     // Opening.Choice, Importing.Question
	TopicAll      Topic = 1<<iota - 1
)

// observers are those who want to be told of topics.
type observers struct{ all []*observer }

type observer struct {
	topics Topic
	tell   func()
}

// observe calls tell after any of topics has changed, until forget is called.
func (all *observers) observe(topics Topic, tell func()) (forget func()) {
	o := &observer{topics, tell}
	all.all = append(all.all, o)
	return func() {
		all.all = slices.DeleteFunc(slices.Clone(all.all), func(other *observer) bool {
			return other == o
		})
	}
}

// tell tells everyone who observes one of topics, once.
func (all *observers) tell(topics Topic) {
	for _, o := range all.all {
		if o.topics&topics != 0 {
			o.tell()
		}
	}
}
