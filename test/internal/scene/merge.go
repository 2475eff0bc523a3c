package scene

import (
	"fmt"
	"slices"
	"strings"
)

// Mark says what becomes of something between two stacks.
type Mark string

// The marks.
const (
	Added    Mark = "added"
	Removed  Mark = "removed"
	Replaced Mark = "replaced"
	Changed  Mark = "changed"
)

// Was begins a line that is no longer there.
const Was = "was: "

// Merge makes one scene of a stack before and after a change; nil stands for no such stack. What
// differs is marked: by its words, or by what becomes of the resources that it stands for, by their
// logical ids.
func Merge(was, is *Scene, resources map[string]Mark) Scene {
	m := merger{resources}
	switch {
	case was == nil && is == nil:
		return Scene{}
	case was == nil:
		was = &Scene{Title: is.Title, Note: is.Note}
	case is == nil:
		is = &Scene{Title: was.Title, Note: was.Note}
	}
	merged := Scene{Title: is.Title, Note: is.Note, Change: true}
	if was.Note != is.Note {
		merged.Note += " (was: " + was.Note + ")"
	}
	merged.Starts = m.events(was.Starts, is.Starts)
	merged.Others = m.events(was.Others, is.Others)
	merged.Stages = m.stages(was.Stages, is.Stages)
	merged.Keeps = m.cards(was.Keeps, is.Keeps)
	merged.Who = m.identities(was.Who, is.Who)
	merged.Also = is.Also
	for _, line := range was.Also {
		if !slices.Contains(is.Also, line) {
			merged.Also = append(merged.Also, Was+line)
		}
	}
	return merged
}

type merger struct{ resources map[string]Mark }

// align puts two lists into one, by their members' keys, in the order of the second one; what it
// lacks comes after what it followed in the first one.
func align[T any](was, is []T, key func(T) string, both func(old, now *T) T) []T {
	old, now := unique(was, key), unique(is, key)
	var merged []T
	next := 0
	gone := func(until int) {
		for ; next < until; next++ {
			if !slices.Contains(now, old[next]) {
				merged = append(merged, both(&was[next], nil))
			}
		}
	}
	for i := range is {
		at := slices.Index(old, now[i])
		if at < 0 {
			merged = append(merged, both(nil, &is[i]))
			continue
		}
		gone(at)
		merged = append(merged, both(&was[at], &is[i]))
	}
	gone(len(was))
	return merged
}

// unique are the keys of a list; those that occur again are numbered.
func unique[T any](all []T, key func(T) string) []string {
	seen := map[string]int{}
	var keys []string
	for _, item := range all {
		k := key(item)
		seen[k]++
		keys = append(keys, fmt.Sprintf("%s#%d", k, seen[k]))
	}
	return keys
}

// cards merges cards, by what they stand for.
func (m merger) cards(was, is []Card) []Card {
	return align(was, is, Card.key, m.card)
}

// key is by what a card is found again: its resource has its own, and a group what holds for all.
func (c Card) key() string {
	switch len(c.Of) {
	case 0:
		return string(c.Kind) + c.Title
	case 1:
		return string(c.Kind) + c.Title + c.Of[0]
	}
	return string(c.Kind) + strings.Join(c.Lines, "|")
}

// card merges two cards, of which one may be missing.
func (m merger) card(old, now *Card) Card {
	switch {
	case old == nil:
		card := *now
		card.Mark = Added
		return card
	case now == nil:
		card := *old
		card.Mark = Removed
		return card
	}
	card := *now
	card.Lines = slices.Clone(now.Lines)
	for _, line := range old.Lines {
		if !slices.Contains(now.Lines, line) {
			card.Lines, card.Mark = append(card.Lines, Was+line), Changed
		}
	}
	if old.Title != now.Title {
		card.Lines = append(card.Lines, Was+old.Title)
	}
	if len(now.Lines) != len(old.Lines) || old.Title != now.Title {
		card.Mark = Changed
	}
	for _, id := range now.Of {
		switch mark := m.resources[id]; mark {
		case Replaced:
			card.Mark = Replaced
		case "":
		default:
			if card.Mark == "" {
				card.Mark = Changed
			}
		}
	}
	return card
}

func (m merger) events(was, is []Event) []Event {
	key := func(e Event) string { return e.When.Title + "|" + e.Rule.Title + "|" + e.Then.Title }
	part := func(old, now *Event, of func(*Event) *Card) Card {
		var before, after *Card
		if old != nil {
			before = of(old)
		}
		if now != nil {
			after = of(now)
		}
		return m.card(before, after)
	}
	return align(was, is, key, func(old, now *Event) Event {
		return Event{
			When: part(old, now, func(e *Event) *Card { return &e.When }),
			Rule: part(old, now, func(e *Event) *Card { return &e.Rule }),
			Then: part(old, now, func(e *Event) *Card { return &e.Then }),
		}
	})
}

func (m merger) stages(was, is []Stage) []Stage {
	return align(was, is, func(s Stage) string { return s.Name }, func(old, now *Stage) Stage {
		switch {
		case old == nil:
			stage := *now
			stage.Mark, stage.Groups = Added, m.groups(nil, now.Groups)
			return stage
		case now == nil:
			stage := *old
			stage.Mark, stage.Groups = Removed, m.groups(old.Groups, nil)
			return stage
		}
		stage := *now
		stage.Groups = m.groups(old.Groups, now.Groups)
		stage.Notes = slices.Clone(now.Notes)
		for _, note := range old.Notes {
			if !slices.Contains(now.Notes, note) {
				stage.Notes = append(stage.Notes, Was+note)
			}
		}
		if !slices.Equal(old.Notes, now.Notes) {
			stage.Mark = Changed
		}
		return stage
	})
}

// groups merges the first group with the first, and so on.
func (m merger) groups(was, is [][]Card) [][]Card {
	var merged [][]Card
	for i := range max(len(was), len(is)) {
		var old, now []Card
		if i < len(was) {
			old = was[i]
		}
		if i < len(is) {
			now = is[i]
		}
		merged = append(merged, m.cards(old, now))
	}
	return merged
}

func (m merger) identities(was, is []Identity) []Identity {
	key := func(i Identity) string { return i.Name + "|" + i.As }
	return align(was, is, key, func(old, now *Identity) Identity {
		switch {
		case old == nil:
			who := *now
			who.Mark, who.May = Added, permissions(nil, now.May)
			return who
		case now == nil:
			who := *old
			who.Mark, who.May = Removed, permissions(old.May, nil)
			return who
		}
		who := *now
		who.May = permissions(old.May, now.May)
		return who
	})
}

// permissions merges what somebody may do, action by action.
func permissions(was, is []Permission) []Permission {
	key := func(p Permission) string {
		parts := []string{p.Thing, strings.Join(p.Conditions, "|")}
		if p.Denied {
			parts = append(parts, "denied")
		}
		if len(p.Actions) > 0 {
			service, _, _ := strings.Cut(p.Actions[0], ":")
			parts = append(parts, service)
		}
		return strings.Join(parts, "|")
	}
	part := func(p *Permission, actions []string, mark Mark) Permission {
		q := *p
		q.Actions, q.Mark = actions, mark
		if len(actions) < len(p.Actions) {
			q.Verbs, q.Class = said(actions, p.Any)
		}
		return q
	}
	var merged []Permission
	align(was, is, key, func(old, now *Permission) Permission {
		var left, come, gone []string
		switch {
		case old == nil:
			come = now.Actions
		case now == nil:
			gone = old.Actions
		default:
			left = both(now.Actions, old.Actions, true)
			come, gone = both(now.Actions, old.Actions, false), both(old.Actions, now.Actions, false)
		}
		if len(come)+len(gone) == 0 {
			if now != nil {
				merged = append(merged, *now)
			}
			return Permission{}
		}
		if len(left) > 0 {
			merged = append(merged, part(now, left, ""))
		}
		if len(come) > 0 {
			merged = append(merged, part(now, come, Added))
		}
		if len(gone) > 0 {
			merged = append(merged, part(old, gone, Removed))
		}
		return Permission{}
	})
	return merged
}

// both are the members of a list that another one has too, or has not.
func both(list, other []string, has bool) []string {
	var found []string
	for _, text := range list {
		if slices.Contains(other, text) == has {
			found = append(found, text)
		}
	}
	return found
}
