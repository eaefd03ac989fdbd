package classes

import "testing"

// What is looked up by must not be there twice.
func TestTheTableTellsClassesApart(t *testing.T) {
	seen := map[any]Class{}
	once := func(c Class, what string, keys ...any) {
		for _, key := range keys {
			if other, ok := seen[key]; ok && other != c {
				t.Errorf("%s %v is that of %s and of %s", what, key, Names()[other], Names()[c])
			}
			seen[key] = c
		}
	}
	type channel int
	for i, info := range Table() {
		c := Class(i)
		once(c, "name", info.Name, info.Title())
		once(c, "channel", channel(info.Channel))
		if c == Background {
			continue
		}
		once(c, "key", info.Key)
		once(c, "colour", info.Color, info.SafeColor)
		for _, code := range append(append(info.SameCodes, info.PartCodes...), info.Code) {
			once(c, "code", code.Scheme+" "+code.Value)
		}
		for _, list := range [][]string{info.SameNames, info.WholeNames} {
			for _, name := range list {
				if once(c, "foreign name", "is "+name); name != Plain(name) {
					t.Errorf("%q is not plain", name)
				}
			}
		}
		if got, ok := Named(info.Name); !ok || got != c {
			t.Errorf("%q names %d, %v", info.Name, got, ok)
		}
	}
	want := [4]Class{GroundGlass, Consolidation, LungsOther, Background}
	if got := KaggleChannels(); got != want {
		t.Errorf("channels %v", got)
	}
}

func TestNamesOfDatasets(t *testing.T) {
	for name, want := range map[string]int{
		"Ground_Glass": 1, "GGO 2": 1, "Consolidations": 2, "healthy lung": 3, "background": 0,
		"infection": 4, "Lesion": 4, "COVID lesion": 4, "unspecified lesion": 4,
		"gg": -1, "heart": -1, "": -1,
	} {
		got := -1
		if c, ok := Named(name); ok {
			got = int(c)
		}
		if got != want {
			t.Errorf("%q names %d, want %d", name, got, want)
		}
	}
	for name, want := range map[string]int{
		"GG": 1, "Lunge, links": 3, "left lung": 3,
		"lung 2": -1,
	} {
		got := -1
		if c, ok := Suggested(name); ok {
			got = int(c)
		}
		if got != want {
			t.Errorf("%q suggests %d, want %d", name, got, want)
		}
	}
}

func TestCheckNamesTheClasses(t *testing.T) {
	if err := Check(Lesion); err != nil {
		t.Error(err)
	}
	const want = "it holds the label 5; Glasswork knows " +
		"0 background, 1 ground glass, 2 consolidation, 3 lungs other, 4 unspecified lesion"
	if err := Check(Labels); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}
