package session

import (
	"context"
	"encoding/json"
	"sync"

	"glasswork/viewer"
)

// settingsKey is where the project keeps how its user likes to read.
const settingsKey = "reading"

// settings are kept with the project.
type settings struct {
	Palette string           `json:"palette"`
	Opacity float64          `json:"opacity"`
	Mode    viewer.Mode      `json:"mode"`
	Visible []bool           `json:"visible"` // by label; older projects lack the last ones
	TipMM   float64          `json:"tip_mm"`
	Ranges  []viewer.HURange `json:"hu_ranges"` // likewise
}

// remember keeps the present settings, soon and without making the caller wait.
func (s *Session) remember() {
	style, hand := s.Display.state.style, s.Tools.hand
	s.keeper.keep(settings{
		Palette: style.Palette.Name, Opacity: style.Opacity, Mode: style.Mode,
		Visible: style.Visible[:], TipMM: hand.tip.DiameterMM, Ranges: hand.ranges[:],
	})
}

// recall takes up what was remembered; what cannot be understood is left at its default.
func (s *Session) recall(ctx context.Context) error {
	text, err := s.hub.project.Setting(ctx, settingsKey)
	if err != nil || text == "" {
		return err
	}
	var kept settings
	if json.Unmarshal([]byte(text), &kept) != nil {
		return nil
	}
	style, hand := &s.Display.state.style, &s.Tools.hand
	for _, p := range viewer.Palettes() {
		if p.Name == kept.Palette {
			style.Palette = p
		}
	}
	style.Opacity = min(max(kept.Opacity, 0), 1)
	style.Mode = min(kept.Mode, viewer.Both)
	copy(style.Visible[:], kept.Visible)
	if kept.TipMM >= viewer.SmallestTip && kept.TipMM <= viewer.LargestTip {
		hand.tip.DiameterMM = kept.TipMM
	}
	for c, r := range kept.Ranges {
		if c < len(hand.ranges) && r.Min < r.Max {
			hand.ranges[c] = r
		}
	}
	return nil
}

// keeper writes settings in the background; of those that come while it writes only the
// latest counts.
type keeper struct {
	latest chan settings
	done   sync.WaitGroup
}

func newKeeper(h *hub) *keeper {
	k := &keeper{latest: make(chan settings, 1)}
	k.done.Go(func() {
		for kept := range k.latest {
			text, err := json.Marshal(kept)
			if err == nil {
				// What was set last must reach the disk even while the session is being closed.
				ctx := context.WithoutCancel(h.ctx)
				err = h.project.SetSetting(ctx, settingsKey, string(text))
			}
			if err != nil {
				h.poster.post(func() { h.messages.fail("Your settings could not be kept", err) })
			}
		}
	})
	return k
}

// keep is called by one goroutine only.
func (k *keeper) keep(v settings) {
	select {
	case <-k.latest:
	default:
	}
	k.latest <- v
}

// close writes what is left and waits.
func (k *keeper) close() {
	close(k.latest)
	k.done.Wait()
}
