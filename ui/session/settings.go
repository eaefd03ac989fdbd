package session

import (
	"context"
	"encoding/json"
	"sync"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// settingsKey is where the project keeps how its user likes to read.
const settingsKey = "reading"

// settings are kept with the project.
type settings struct {
	Palette string                            `json:"palette"`
	Opacity float64                           `json:"opacity"`
	Mode    viewer.Mode                       `json:"mode"`
	Visible [volume.NumClasses]bool           `json:"visible"`
	TipMM   float64                           `json:"tip_mm"`
	Ranges  [volume.NumClasses]viewer.HURange `json:"hu_ranges"`
}

// remember keeps the present settings, soon and without making the caller wait.
func (s *Session) remember() {
	st := s.look.style
	s.keeper.keep(settings{st.Palette.Name, st.Opacity, st.Mode, st.Visible, s.hand.tip.DiameterMM, s.hand.ranges})
}

// recallSettings takes up what was remembered; what cannot be understood is left at its default.
func (s *Session) recallSettings(ctx context.Context) error {
	text, err := s.project.Setting(ctx, settingsKey)
	if err != nil || text == "" {
		return err
	}
	var kept settings
	if json.Unmarshal([]byte(text), &kept) != nil {
		return nil
	}
	st := &s.look.style
	for _, p := range viewer.Palettes() {
		if p.Name == kept.Palette {
			st.Palette = p
		}
	}
	st.Opacity = min(max(kept.Opacity, 0), 1)
	st.Mode = min(kept.Mode, viewer.Both)
	st.Visible = kept.Visible
	if kept.TipMM >= viewer.SmallestTip && kept.TipMM <= viewer.LargestTip {
		s.hand.tip.DiameterMM = kept.TipMM
	}
	for c, r := range kept.Ranges {
		if r.Min < r.Max {
			s.hand.ranges[c] = r
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

func newKeeper(s *Session) *keeper {
	k := &keeper{latest: make(chan settings, 1)}
	k.done.Go(func() {
		for kept := range k.latest {
			text, err := json.Marshal(kept)
			if err == nil {
				// What was set last must reach the disk even while the session is being closed.
				err = s.project.SetSetting(context.WithoutCancel(s.ctx), settingsKey, string(text))
			}
			if err != nil {
				s.poster.post(func() { s.fail("Your settings could not be kept", err) })
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
