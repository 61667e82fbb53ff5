package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rechallenge/core/experiment"
)

// optionFlags are the flags that are drawn from the options of experiments, by
// the option's name.
type optionFlags map[string]*optionFlag

// optionFlag is one of them: the experiments that know it, and what it was told.
type optionFlag struct {
	option experiment.Option
	of     []string
	told   []string
	set    bool // of a switch
}

// addOptions adds the flags of some experiments. Where there are several, the
// help says which know it.
func addOptions(cmd *cobra.Command, list []experiment.Experiment) optionFlags {
	flags := optionFlags{}
	for _, e := range list {
		for _, o := range e.Options {
			if f := flags[o.Name]; f != nil {
				f.of = append(f.of, e.ID)
				continue
			}
			flags[o.Name] = &optionFlag{option: o, of: []string{e.ID}}
		}
	}
	for name, f := range flags {
		help := f.option.Help
		if f.option.Kind != experiment.Switch {
			help += " (default " + f.option.Empty + ")"
		}
		if len(list) > 1 {
			help = strings.Join(f.of, ", ") + ": " + help
		}
		if f.option.Kind == experiment.Switch {
			cmd.Flags().BoolVar(&f.set, name, false, help)
		} else {
			cmd.Flags().Var((*toldValue)(f), name, help)
		}
	}
	return flags
}

// check says which flag is not for this experiment, or was told nonsense.
func (o optionFlags) check(cmd *cobra.Command, e experiment.Experiment) (err error) {
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		f := o[flag.Name]
		switch {
		case f == nil || err != nil:
		case !slices.Contains(f.of, e.ID):
			err = fmt.Errorf("--%s is not for %s, but for %s", flag.Name, e.ID, strings.Join(f.of, ", "))
		default:
			err = f.tell(e, &experiment.Question{})
		}
	})
	return err
}

// tell puts what was told into a question.
func (o optionFlags) tell(e experiment.Experiment, q *experiment.Question) error {
	for _, option := range e.Options {
		if f := o[option.Name]; f != nil && (f.set || f.told != nil) {
			if err := f.tell(e, q); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *optionFlag) tell(e experiment.Experiment, q *experiment.Question) error {
	option, ok := e.Option(f.option.Name)
	if !ok || f.option.Kind == experiment.Switch && !f.set {
		return nil
	}
	if err := q.Tell(option, f.told...); err != nil {
		return fmt.Errorf("--%s %w", f.option.Name, err)
	}
	return nil
}

// toldValue is an option as pflag sees it. Lists gather, the others take the
// last word.
type toldValue optionFlag

func (v *toldValue) String() string { return strings.Join(v.told, ",") }
func (v *toldValue) Type() string   { return string(v.option.Kind) }

func (v *toldValue) Set(s string) error {
	if _, err := v.option.Read(s); err != nil {
		return err
	}
	if !v.option.Kind.Many() {
		v.told = nil
	}
	v.told = append(v.told, s)
	return nil
}
