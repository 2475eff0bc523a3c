// Package show says what changes, as text for a terminal and as Markdown for a pull request.
package show

import (
	"fmt"
	"slices"
	"strings"

	"archway/test/diff/internal/change"
	"archway/test/internal/cost"
	"archway/test/internal/scene"
)

// Heading says what was compared.
type Heading struct {
	Base, Head string
}

// Document is what changes, in the order in which people should read it.
type Document struct {
	Heading Heading
	// Stacks are those that change.
	Stacks []Stack
	// Same counts the stacks in which nothing changes.
	Same int
}

// Stack is a section for a stack.
type Stack struct {
	Name, Summary string
	Sections      []Section
}

// Section is a list with a heading.
type Section struct {
	Title string
	Items []Item
	// Long tells that it is for those who want to know it exactly.
	Long bool
}

// Item is one thing that changes.
type Item struct {
	Mark scene.Mark
	Text string
	// Notes are sentences about it, Lines what differs, with a sign in front of each line.
	Notes, Lines []string
}

// New makes a document of what changes.
func New(heading Heading, stacks []change.Stack) Document {
	d := Document{Heading: heading}
	for _, s := range stacks {
		if s.Mark == "" {
			d.Same++
			continue
		}
		d.Stacks = append(d.Stacks, stack(s))
	}
	return d
}

func stack(s change.Stack) Stack {
	counts := map[scene.Mark]int{}
	for _, r := range s.Resources {
		counts[r.Mark]++
	}
	var parts []string
	for _, mark := range []scene.Mark{scene.Replaced, scene.Removed, scene.Added, scene.Changed} {
		if counts[mark] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[mark], mark))
		}
	}
	if parts == nil {
		parts = []string{"no resource"}
	}
	v := Stack{Name: s.Name, Summary: strings.Join(parts, ", ")}
	switch s.Mark {
	case scene.Added:
		v.Summary = "a new stack: " + v.Summary
	case scene.Removed:
		v.Summary = "removed from the configuration, which deletes nothing by itself (cdk destroy does): " + v.Summary
	}
	v.add("Replaced or removed, with what they hold", losses(s))
	v.add("Who may do what", lines(s.Access))
	v.add("Pipeline", flow(s))
	v.add("Settings by which its functions decide", others(s.Settings))
	v.add("Cost", costs(s))
	v.add("Added", additions(s))
	v.add("Changed", changes(s))
	v.add("Beside the resources", others(s.Others))
	if n := len(v.Sections); n > 0 && v.Sections[n-1].Title == "Beside the resources" {
		v.Sections[n-1].Long = true
	}
	for i := range v.Sections {
		v.Sections[i].Long = v.Sections[i].Long || v.Sections[i].Title == "Changed"
	}
	return v
}

func (s *Stack) add(title string, items []Item) {
	if len(items) > 0 {
		s.Sections = append(s.Sections, Section{Title: title, Items: items})
	}
}

// short is a type without what all have in common.
func short(kind string) string {
	return strings.ReplaceAll(strings.TrimPrefix(kind, "AWS::"), "::", " ")
}

// losses are the resources that are replaced or removed, each on its own.
func losses(s change.Stack) []Item {
	var items []Item
	for _, r := range s.Resources {
		if r.Mark != scene.Replaced && r.Mark != scene.Removed {
			continue
		}
		item := Item{Mark: r.Mark, Text: short(r.Type) + " " + r.Label}
		if r.Because != nil {
			item.Notes = append(item.Notes,
				"replaced, because CloudFormation can't change "+strings.Join(r.Because, ", "))
		}
		fate := r.Fate
		if r.Loses != "" {
			fate += "; it holds " + r.Loses
		}
		item.Notes = append(item.Notes, fate)
		if r.Blocked != "" {
			item.Notes = append(item.Notes, "NOT DEPLOYABLE: "+r.Blocked)
		}
		item.Lines = properties(r.Properties)
		items = join(items, item, r)
	}
	return items
}

// join adds an item about a resource, or puts the resource beside others of its type of which the
// same is to be said.
func join(items []Item, item Item, r change.Resource) []Item {
	alike := slices.IndexFunc(items, func(i Item) bool {
		return i.Mark == item.Mark && strings.HasPrefix(i.Text, short(r.Type)+" ") &&
			slices.Equal(i.Lines, item.Lines) && slices.Equal(i.Notes, item.Notes)
	})
	if alike < 0 {
		return append(items, item)
	}
	items[alike].Text += ", " + r.Label
	return items
}

func lines(all []change.Line) []Item {
	var items []Item
	for _, l := range all {
		items = append(items, Item{Mark: l.Mark, Text: l.Text, Notes: l.Details})
	}
	return items
}

func flow(s change.Stack) []Item {
	items := lines(s.Flow)
	if s.Restructured {
		items = append(items, Item{
			Mark: scene.Changed,
			Text: "another structure: CodePipeline rolls no stage back to executions from before it",
		})
	}
	return items
}

// additions are the new resources by their types: whoever reads wants to know what comes, not each
// role's name.
func additions(s change.Stack) []Item {
	var kinds []string
	labels := map[string][]string{}
	var items []Item
	for _, r := range s.Resources {
		switch {
		case r.Mark != scene.Added:
		case r.Blocked != "":
			items = append(items, Item{
				Mark: r.Mark, Text: short(r.Type) + " " + r.Label, Notes: []string{"NOT DEPLOYABLE: " + r.Blocked},
			})
		default:
			if labels[r.Type] == nil {
				kinds = append(kinds, r.Type)
			}
			labels[r.Type] = append(labels[r.Type], r.Label)
		}
	}
	for _, kind := range kinds {
		items = append(items, Item{Mark: scene.Added, Text: short(kind) + " " + strings.Join(labels[kind], ", ")})
	}
	return items
}

// changes are the resources that are changed in place; those in which the same changes are
// together.
func changes(s change.Stack) []Item {
	var items []Item
	for _, r := range s.Resources {
		if r.Mark != scene.Changed {
			continue
		}
		item := Item{Mark: r.Mark, Text: short(r.Type) + " " + r.Label, Lines: properties(r.Properties)}
		if r.Unknown {
			item.Notes = append(item.Notes, "whether CloudFormation replaces it is not known here")
		}
		if r.Blocked != "" {
			item.Notes = append(item.Notes, "NOT DEPLOYABLE: "+r.Blocked)
		}
		items = join(items, item, r)
	}
	return items
}

func others(all []change.Property) []Item {
	var items []Item
	for _, p := range all {
		mark := scene.Changed
		switch {
		case p.Lines != nil:
		case p.Old == "":
			mark = scene.Added
		case p.New == "":
			mark = scene.Removed
		}
		lines := properties([]change.Property{p})
		items = append(items, Item{Mark: mark, Text: p.Path, Lines: lines[1:]})
	}
	return items
}

// The most that is shown of a value and of a change.
const (
	longest   = 160
	mostLines = 60
)

// properties are values that change as lines: the path, what was, and what is.
func properties(all []change.Property) []string {
	var lines []string
	for _, p := range all {
		lines = append(lines, "@ "+p.Path)
		if p.Lines != nil {
			lines = append(lines, p.Lines...)
			continue
		}
		if p.Old != "" {
			lines = append(lines, "- "+cut(p.Old))
		}
		if p.New != "" {
			lines = append(lines, "+ "+cut(p.New))
		}
	}
	if len(lines) > mostLines {
		left := len(lines) - mostLines
		lines = append(lines[:mostLines:mostLines], fmt.Sprintf(" … %d more lines", left))
	}
	return lines
}

// cut shortens a value to a line.
func cut(text string) string {
	text = strings.ReplaceAll(text, "\n", "⏎")
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// costs say what a run and a month cost more or less.
func costs(s change.Stack) []Item {
	var was, is cost.Bill
	if s.Cost[0] != nil {
		was = *s.Cost[0]
	}
	if s.Cost[1] != nil {
		is = *s.Cost[1]
	}
	var items []Item
	row := func(what string, old, now float64, digits int) {
		before, after := fmt.Sprintf("%.*f", digits, old), fmt.Sprintf("%.*f", digits, now)
		if before != after {
			items = append(items, Item{Mark: scene.Changed, Text: fmt.Sprintf("%s: %s → %s USD", what, before, after)})
		}
	}
	row("one run", cost.Sum(was.Run), cost.Sum(is.Run), 3)
	row("a month without a run", cost.Sum(was.Month), cost.Sum(is.Month), 2)
	row(fmt.Sprintf("a month with %d runs", max(was.Runs, is.Runs)), was.Monthly(), is.Monthly(), 2)
	if len(items) > 0 {
		items[0].Notes = rows(slices.Concat(was.Run, was.Month), slices.Concat(is.Run, is.Month))
	}
	return items
}

// rows are the rows of bills that differ.
func rows(was, is []cost.Item) []string {
	name := func(i cost.Item) string { name, _, _ := strings.Cut(i.What, ":"); return name }
	var names []string
	old, now := map[string]float64{}, map[string]float64{}
	for _, side := range []struct {
		items []cost.Item
		into  map[string]float64
	}{{was, old}, {is, now}} {
		for _, i := range side.items {
			if !slices.Contains(names, name(i)) {
				names = append(names, name(i))
			}
			side.into[name(i)] += i.USD()
		}
	}
	var texts []string
	for _, n := range names {
		if before, after := fmt.Sprintf("%.3f", old[n]), fmt.Sprintf("%.3f", now[n]); before != after {
			texts = append(texts, fmt.Sprintf("%s: %s → %s", n, before, after))
		}
	}
	return texts
}
