package session

import (
	"strings"
	"testing"
)

func TestEveryToolIsWholeInTheTable(t *testing.T) {
	keys := map[string]Tool{}
	for _, tool := range AllTools() {
		if tool.Name() == "" {
			t.Errorf("tool %d has no name", tool)
		}
		if other, taken := keys[tool.Key()]; taken {
			t.Errorf("%s and %s have the key %q", tool.Name(), other.Name(), tool.Key())
		}
		keys[tool.Key()] = tool
		hand := defaultToolbox()
		hand.tool = tool
		if says := hand.sentence(); !strings.HasPrefix(says, strings.ToLower(tool.Name())) {
			t.Errorf("%s says %q", tool.Name(), says)
		}
		draws, encloses := toolset[tool].draw != nil, toolset[tool].enclose != nil
		if tool != Look && draws == encloses {
			t.Errorf("%s draws: %v, encloses: %v", tool.Name(), draws, encloses)
		}
	}
}
