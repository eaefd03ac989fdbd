package study

// Scores are one column of a table of the study.
type Scores struct {
	Epochs int `json:"epochs"`
	// Loss is the sum over the batches of the best epoch.
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
	// IoU is by class: background, ground glass, consolidation, lungs other; the mean over
	// test batches. 0 where the study has no such class.
	IoU [4]float64 `json:"iou"`
}

// Column is one run the study published.
type Column struct {
	Name string
	// Augment is in the study's notation; C1 to C3 are its names for compositions.
	Augment string
	Arch    string
	// TwoClasses is set where the network knew lung and background only; the lung's IoU
	// then stands at lungs other.
	TwoClasses bool
	Published  Scores
}

// Augmentations are the nine columns of the study's first table.
func Augmentations() []Column {
	return []Column{
		{
			"E", "E", "unet", false, Scores{41, 9.028, 0.9891, [4]float64{
				0.9946, 0.6709, 0.5052, 0.9407,
			}},
		},
		{
			"V{0.5}", "V{0.5}", "unet", false, Scores{
				59, 9.0246, 0.9896, [4]float64{0.9948, 0.6958, 0.4556, 0.9435},
			},
		},
		{
			"V{0.5}S{1}", "V{0.5}S{1}", "unet", false,
			Scores{76, 9.0352, 0.9900, [4]float64{0.9945, 0.7208, 0.5659, 0.9441}},
		},
		{
			"B{1}", "B{1}", "unet", false, Scores{
				55, 9.0113, 0.9892, [4]float64{0.9948, 0.6366, 0.5645, 0.9406},
			},
		},
		{
			"G{1}[0.3]", "G{1}[0.3]", "unet", false,
			Scores{63, 9.0378, 0.9902, [4]float64{0.9950, 0.7045, 0.4967, 0.9467}},
		},
		{
			"G{1}[0.37]", "G{1}[0.37]", "unet", false,
			Scores{47, 9.0527, 0.9901, [4]float64{0.9949, 0.6970, 0.5707, 0.9343}},
		},
		{
			"C1", "C1", "unet", false, Scores{56, 9.0492, 0.9896, [4]float64{
				0.9943, 0.6955, 0.5114, 0.9415,
			}},
		},
		{
			"C2", "C2", "unet", false, Scores{
				105, 9.0134, 0.99018, [4]float64{0.9952, 0.7086, 0.5568, 0.9455},
			},
		},
		{
			"C3", "C3", "unet", false, Scores{71, 9.0273, 0.9900, [4]float64{
				0.9947, 0.7097, 0.5604, 0.9453,
			}},
		},
	}
}

// Architectures are the five columns of the study's second table.
func Architectures() []Column {
	return []Column{
		{
			"Unet", "E", "unet", false, Scores{
				41, 9.0280, 0.9891, [4]float64{0.9946, 0.6709, 0.5052, 0.9407},
			},
		},
		{
			"Unet++", "E", "unetplusplus", false, Scores{
				27, 9.1174, 0.9864, [4]float64{0.9944, 0.5578, 0.0624, 0.9233},
			},
		},
		{
			"MAnet", "E", "manet", false, Scores{
				38, 9.0372, 0.9890, [4]float64{0.9947, 0.6774, 0.4523, 0.9400},
			},
		},
		{
			"DeepLabV3", "E", "deeplabv3", false, Scores{
				56, 9.0482, 0.9859, [4]float64{0.9919, 0.6160, 0.4962, 0.9215},
			},
		},
		{
			"DeepLabV3+", "E", "deeplabv3plus", false,
			Scores{53, 9.0268, 0.9881, [4]float64{0.9942, 0.6609, 0.5204, 0.9381}},
		},
	}
}

// TwoClasses is the study's run that told lung from background only.
func TwoClasses() []Column {
	return []Column{
		{
			"Unet, two classes", "E", "unet", true, Scores{
				50, 3.7936, 0.9960, [4]float64{0.9953, 0, 0, 0.9766},
			},
		},
	}
}
