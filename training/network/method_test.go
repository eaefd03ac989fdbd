package network

import (
	"math"
	"testing"
)

func TestMethodValidate(t *testing.T) {
	for name, m := range map[string]Method{
		"loss":        {Loss: Loss{Kind: "l1"}},
		"two weights": {Loss: Loss{Weights: []float64{1, 2}}},
		"weight NaN":  {Loss: Loss{Weights: []float64{1, 2, math.NaN(), 1}}},
		"no weight":   {Loss: Loss{Weights: make([]float64, 4)}},
		"gamma":       {Loss: Loss{Kind: LossFocal, Gamma: 0.5}},
		"optimiser":   {Optimiser: Optimiser{Kind: "lion"}},
		"decay":       {Optimiser: Optimiser{Decay: -1}},
		"clip":        {Optimiser: Optimiser{Clip: math.NaN()}},
		"momentum":    {Optimiser: Optimiser{Kind: SGD, Momentum: 1}},
		"nesterov":    {Optimiser: Optimiser{Kind: SGD, Nesterov: true}},
	} {
		if m.Validate(4) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (Method{}).WithDefaults().Validate(4); err != nil {
		t.Error(err)
	}
}
