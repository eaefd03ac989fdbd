package volume

// ClassColors are the colours of classes as RGB, as radiologists expect them first: ground
// glass red, consolidation green.
func ClassColors() [NumClasses][3]uint8 {
	return [NumClasses][3]uint8{
		GroundGlass:   {235, 64, 52},
		Consolidation: {52, 199, 89},
		LungsOther:    {124, 147, 173},
	}
}

// ClassCodes say what the classes are (PS3.16 CID 6151 and 4031); background is nothing.
func ClassCodes() [NumClasses]Code {
	return [NumClasses]Code{
		GroundGlass:   {Value: "112120", Scheme: "DCM", Meaning: "Ground glass opacity"},
		Consolidation: {Value: "9656002", Scheme: "SCT", Meaning: "Consolidation"},
		LungsOther:    {Value: "39607008", Scheme: "SCT", Meaning: "Lung"},
	}
}

// IsLesion says whether class is a kind of lesion.
func IsLesion(class uint8) bool { return class == GroundGlass || class == Consolidation }
