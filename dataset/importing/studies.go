package importing

import (
	"context"
	"fmt"

	"glasswork/dataset"
	"glasswork/dataset/project"
)

// Studies adds what path holds to the project in dir, which is made where there is none: the
// series with an ID, or all that were acquired if id is empty. added is told of each study,
// warn what its measurements are worth and, at the end, what cannot be imported.
func Studies(
	ctx context.Context, dir, path, id string,
	added func(project.Study) error, warn func(sentence string),
) error {
	all, skipped, err := dataset.Open(ctx, path)
	if err != nil {
		return err
	}
	defer closeAll(all)
	p, err := project.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer p.Close()
	done := 0
	for _, s := range all {
		if id != "" && s.ID != id || id == "" && s.Resampled {
			continue
		}
		for _, w := range s.Warnings {
			warn(w)
		}
		study, err := AddStudy(ctx, p, s)
		if err != nil {
			return err
		}
		done++
		if err := added(study); err != nil {
			return err
		}
	}
	for _, s := range skipped {
		warn(s)
	}
	if done == 0 {
		return fmt.Errorf("%s does not hold the series %s", path, id)
	}
	return nil
}
