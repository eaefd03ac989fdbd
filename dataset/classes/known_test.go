package classes

import "testing"

// Unknown is not background: a pixel can be each class of which nobody has said where it is.
func TestWhatAPixelCanBe(t *testing.T) {
	for _, c := range []struct {
		name  string
		known Known
		may   [Labels]string // by label, the classes as digits
	}{
		{"all", All(), [Labels]string{"0", "1", "2", "3", "12"}},
		{
			"no lungs", Knows(GroundGlass, Consolidation),
			[Labels]string{"03", "1", "2", "03", "12"},
		},
		{"lesions as a whole", Knows(Lesion), [Labels]string{"03", "12", "12", "03", "12"}},
		{
			"lesions as a whole and lungs", Knows(Lesion, LungsOther),
			[Labels]string{"0", "12", "12", "3", "12"},
		},
		{
			"lungs alone: lesions lie in them", Knows(LungsOther),
			[Labels]string{"0", "0", "0", "123", "12"},
		},
		{
			"one kind", Knows(GroundGlass),
			[Labels]string{"023", "1", "023", "023", "12"},
		},
		{
			"one kind and lungs", Knows(GroundGlass, LungsOther),
			[Labels]string{"02", "1", "02", "23", "12"},
		},
		{"nothing", Known{}, [Labels]string{"0123", "0123", "0123", "0123", "12"}},
	} {
		for label, want := range c.may {
			got := ""
			for class, may := range c.known.May(Class(label)) {
				if may {
					got += string(rune('0' + class))
				}
			}
			if got != want {
				t.Errorf("%s: label %d can be %s, want %s", c.name, label, got, want)
			}
		}
	}
}

func TestKnowsBothKindsIsLesionAsAWhole(t *testing.T) {
	if k := Knows(GroundGlass, Consolidation, LungsOther); k != All() {
		t.Errorf("%v", k)
	}
	if k := Knows(GroundGlass); k.Whole() || k.Kinds() || k.LungAlone() {
		t.Errorf("one kind: %v", k)
	}
	if k := All().And(Knows(Lesion)); !k.Whole() || k.Kinds() || k[LungsOther] {
		t.Errorf("and: %v", k)
	}
}
