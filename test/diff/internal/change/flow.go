package change

import (
	"fmt"
	"slices"
	"strings"

	"archway/test/internal/scene"
)

// flow says what changes of what starts the pipeline, of its stages, and of what comes about by
// itself; and whether the pipeline's structure is another one.
func flow(was, is scene.Scene) (lines []Line, restructured bool) {
	if was.Note != is.Note && was.Note != "" && is.Note != "" {
		lines = append(lines, Line{Mark: scene.Changed, Text: is.Note, Details: []string{"was: " + was.Note}})
	}
	lines = append(lines, events("started by", was.Starts, is.Starts)...)
	structure := stages(was.Stages, is.Stages)
	lines = append(lines, structure...)
	lines = append(lines, events("by itself", was.Others, is.Others)...)
	names := func(all []scene.Stage) (names []string) {
		for _, s := range all {
			names = append(names, s.Name)
			for _, group := range s.Groups {
				names = append(names, "group")
				for _, card := range group {
					names = append(names, card.Title)
				}
			}
		}
		return names
	}
	both := len(was.Stages) > 0 && len(is.Stages) > 0
	return lines, both && !slices.Equal(names(was.Stages), names(is.Stages))
}

// sentence is a card in one line.
func sentence(c scene.Card) string {
	if len(c.Lines) == 0 {
		return c.Title
	}
	return c.Title + " (" + strings.Join(c.Lines, ", ") + ")"
}

func events(what string, was, is []scene.Event) []Line {
	texts := func(all []scene.Event) (texts []string) {
		for _, e := range all {
			texts = append(texts, fmt.Sprintf("%s: %s → %s", what, sentence(e.When), sentence(e.Then)))
		}
		return texts
	}
	var lines []Line
	old, now := texts(was), texts(is)
	for _, text := range missing(now, old) {
		lines = append(lines, Line{Mark: scene.Added, Text: text})
	}
	for _, text := range missing(old, now) {
		lines = append(lines, Line{Mark: scene.Removed, Text: text})
	}
	return lines
}

// stages compares stages by their names, and their actions by theirs.
func stages(was, is []scene.Stage) []Line {
	var lines []Line
	find := func(all []scene.Stage, name string) *scene.Stage {
		if i := slices.IndexFunc(all, func(s scene.Stage) bool { return s.Name == name }); i >= 0 {
			return &all[i]
		}
		return nil
	}
	for _, now := range is {
		old := find(was, now.Name)
		if old == nil {
			lines = append(lines, Line{Mark: scene.Added, Text: "stage " + now.Name + ": " + actionsOf(now)})
			continue
		}
		lines = append(lines, actions(now.Name, cards(*old), cards(now))...)
		if !slices.Equal(old.Notes, now.Notes) {
			lines = append(lines, Line{
				Mark: scene.Changed, Text: "stage " + now.Name + ": " + orNothing(now.Notes),
				Details: []string{"was: " + orNothing(old.Notes)},
			})
		}
	}
	for _, old := range was {
		if find(is, old.Name) == nil {
			lines = append(lines, Line{Mark: scene.Removed, Text: "stage " + old.Name + ": " + actionsOf(old)})
		}
	}
	order := func(all, other []scene.Stage) (names []string) {
		for _, s := range all {
			if find(other, s.Name) != nil {
				names = append(names, s.Name)
			}
		}
		return names
	}
	if old, now := order(was, is), order(is, was); !slices.Equal(old, now) {
		lines = append(lines, Line{
			Mark: scene.Changed, Text: "stages in the order " + strings.Join(now, ", "),
			Details: []string{"was: " + strings.Join(old, ", ")},
		})
	}
	return lines
}

func orNothing(notes []string) string {
	if len(notes) == 0 {
		return "nothing of its own"
	}
	return strings.Join(notes, ", ")
}

func cards(s scene.Stage) []scene.Card { return slices.Concat(s.Groups...) }

func actionsOf(s scene.Stage) string {
	var names []string
	for _, c := range cards(s) {
		names = append(names, sentence(c))
	}
	return strings.Join(names, ", ")
}

func actions(stage string, was, is []scene.Card) []Line {
	var lines []Line
	for _, now := range is {
		i := slices.IndexFunc(was, func(c scene.Card) bool { return c.Title == now.Title })
		switch {
		case i < 0:
			lines = append(lines, Line{Mark: scene.Added, Text: "stage " + stage + ": action " + sentence(now)})
		case !slices.Equal(was[i].Lines, now.Lines):
			lines = append(lines, Line{
				Mark: scene.Changed, Text: "stage " + stage + ": action " + sentence(now),
				Details: []string{"was: " + sentence(was[i])},
			})
		}
	}
	for _, old := range was {
		if !slices.ContainsFunc(is, func(c scene.Card) bool { return c.Title == old.Title }) {
			lines = append(lines, Line{Mark: scene.Removed, Text: "stage " + stage + ": action " + sentence(old)})
		}
	}
	return lines
}
