// Command trainbaseline makes the shipped model out of its predecessor: it goes on training it on
// real chests, each with what its annotation knows. docs/models.md says where the data come from.
//
//	go run ./assets/trainbaseline --data DIR --init FILE --steps 500 --seed 71 --out runs/R1
//
// --without names patients of covid19-ct-seg and series that stay out, so that the model can be
// scored on them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/example"
	"glasswork/model"
	"glasswork/training/network"
	"glasswork/training/protocol"
	"glasswork/training/recipe"
	"glasswork/training/sampling"
)

func main() {
	var o options
	var without string
	flag.StringVar(&o.data, "data", "", "folder with medseg-2d, covid19-ct-seg, lungs-kmader, "+
		"covid-ct-md and chest-ct-series")
	flag.StringVar(&o.initial, "init", "", "model file to start from")
	flag.StringVar(&o.out, "out", "", "folder for the model and its checkpoints")
	flag.StringVar(&without, "without", "", "patients and series that stay out, with commas")
	flag.IntVar(&o.steps, "steps", 500, "optimiser steps of 8 samples")
	flag.Float64Var(&o.rate, "lr", 5e-4, "highest learning rate")
	flag.Uint64Var(&o.seed, "seed", 71, "fixes order and augmentation")
	flag.Parse()
	o.without = strings.Split(without, ",")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := train(ctx, o); err != nil {
		log.Fatal(err)
	}
}

type options struct {
	data, initial, out string
	without            []string
	steps              int
	rate               float64
	seed               uint64
}

// stays reports whether a patient or series takes part.
func (o options) stays(name string) bool { return !slices.Contains(o.without, name) }

func train(ctx context.Context, o options) error {
	r := recipe.Default()
	r.Initial, r.Out, r.Steps, r.Seed, r.Half = o.initial, o.out, o.steps, o.seed, true
	r.Method.Schedule.Peak = o.rate
	r.Method.Loss.Kind, r.Method.Paste = network.LossCases, 0.3
	r.Method.Precision = network.PrecisionAuto
	r.Level, r.Workers, r.CheckpointEvery = true, 1, 50
	var err error
	if r.Sources, err = sources(ctx, o); err != nil {
		return err
	}
	done, err := r.Train(ctx, model.Networks{Channels: 1}, recipe.Show{
		Say: func(line string) { fmt.Println(line) },
		Emit: func(e protocol.Event) {
			if s := e.Status; s != nil && s.Step%10 == 0 {
				fmt.Printf("step %d of %d, loss %.4f, %.0f s left\n", s.Step, s.Steps, s.Loss,
					s.ETASeconds)
			}
		},
	})
	if err == nil {
		fmt.Println(done.Path)
	}
	return err
}

// sources are the datasets and how often a sample comes from each. Real lesions make half of the
// samples, as pictures on their side and as upright CT; chests without lesions and synthetic
// ones are there so that anatomy is learned and old skills are kept.
func sources(ctx context.Context, o options) (all []sampling.Source, err error) {
	add := func(name string, weight float64, e example.Set) {
		e = sampling.Cache(e, 1<<30)
		all = append(all, sampling.Source{Name: name, Weight: weight, Examples: e})
	}
	sets := map[string]example.Set{}
	for name, path := range map[string]string{
		"medseg": filepath.Join(o.data, "medseg-2d", "train"),
		"covid":  filepath.Join(o.data, "covid19-ct-seg"),
		"lungs":  filepath.Join(o.data, "lungs-kmader"),
		"chests": "phantom:240@201",
	} {
		if sets[name], err = example.Open(ctx, path); err != nil {
			return nil, err
		}
	}
	covid := sampling.Pick(sets["covid"], chosen(sets["covid"], o.stays))
	standing, err := upright(covid, filepath.Join(o.data, "covid19-ct-seg", "index.csv"))
	if err != nil {
		return nil, err
	}
	add("medseg-2d/train", 1.25, sets["medseg"])
	add("medseg-2d/train, named by density", 1.25, sampling.NameByDensity(sets["medseg"]))
	add("covid19-ct-seg", 2, covid)
	add("covid19-ct-seg, upright", 2.5, standing)
	add("lungs-kmader", 0.6, sets["lungs"])
	add("phantoms", 1.5, sets["chests"])
	for _, c := range []struct {
		path, table string
		weight      float64
		lungs       bool // seen whole, so that a threshold finds the lungs
	}{
		{"covid-ct-md/P001", "covid-ct-md/P001.csv", 0.6, true},
		{"covid-ct-md/normal001", "", 0.5, true},
		{"chest-ct-series/cmb-crc-01068", "", 0.5, true},
		{"chest-ct-series/acrin-flt-013", "", 0.5, false},
		{"chest-ct-series/acrin-flt-001-day3", "", 0.2, false},
		{"chest-ct-series/acrin-flt-001-day64", "", 0.25, false},
		{"chest-ct-series/cptac-pda-00189", "", 0.25, false},
	} {
		if !o.stays(filepath.Base(c.path)) {
			continue
		}
		e, err := clean(ctx, filepath.Join(o.data, c.path), tableOf(o.data, c.table), c.lungs)
		if err != nil {
			return nil, err
		}
		add(c.path, c.weight, e)
	}
	return all, nil
}

// tableOf is the path of a table below data, "" without one.
func tableOf(data, table string) string {
	if table == "" {
		return ""
	}
	return filepath.Join(data, table)
}

// chosen are the indices of a dataset's examples whose patient takes part.
func chosen(e example.Set, stays func(patient string) bool) (at []int) {
	for i := range e.Len() {
		if patient, _, _ := e.Key(i); stays(patient) {
			at = append(at, i)
		}
	}
	return at
}
