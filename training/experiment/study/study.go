// Package study holds what the reference study fixed: its split, its resampling, its
// augmentations and the results it published. Everything here is plain arithmetic on
// arrays; docs/experiments.md says where the facts come from.
package study

// Size is the side in pixels of the slices that the study's networks see.
const Size = 256

// TrainShare of the slices are for training, the others for the test.
const TrainShare = 0.8

// seed of the study's split.
const seed = 51

// Split divides n slices as the study did: scikit-learn's
// train_test_split(train_size=0.8, random_state=51). The order of train is the order in
// which the study trained, since it did not shuffle again.
func Split(n int) (train, test []int) {
	order := permutation(seed, n)
	trained := int(TrainShare * float64(n))
	tested := n - trained
	return order[tested:], order[:tested]
}
