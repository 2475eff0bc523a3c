package change

import (
	"fmt"
	"slices"
	"strings"

	"archway/test/internal/scene"
)

// scenes looks at both sides as pictures do, and says what is different there.
func (c *comparison) scenes(s *Stack) {
	if c.base.stack != nil {
		was := scene.New(s.Name, c.base.resources)
		s.scenes[0] = &was
	}
	if c.head.stack != nil {
		is := scene.New(s.Name, c.head.resources)
		s.scenes[1] = &is
	}
	was, is := s.scenes[0], s.scenes[1]
	if was == nil {
		was = &scene.Scene{}
	}
	if is == nil {
		is = &scene.Scene{}
	}
	s.Access = access(was.Who, is.Who)
	s.Flow, s.Restructured = flow(*was, *is)
}

// Scene is the stack as a picture that marks what changes; ok tells whether there is anything of a
// pipeline to draw.
func (s *Stack) Scene() (merged scene.Scene, ok bool) {
	marks := map[string]scene.Mark{}
	for _, r := range s.Resources {
		// When something is created says nothing of what it is.
		order := r.Mark == scene.Changed && len(r.Properties) == 1 && r.Properties[0].Path == "DependsOn"
		if !order {
			marks[r.ID] = r.Mark
		}
	}
	merged = scene.Merge(s.scenes[0], s.scenes[1], marks)
	return merged, s.Mark != ""
}

// right is what somebody may do with a thing of a service, under a condition.
type right struct {
	who, as, service, thing, conditions string
	denied, any                         bool
}

// rights are the IAM actions of each right, and the rights in their order.
func rights(all []scene.Identity) (map[right][]string, []right) {
	actions, order := map[right][]string{}, []right{}
	for _, who := range all {
		for _, p := range who.May {
			key := right{
				who: who.Name, as: who.As, thing: p.Thing, conditions: strings.Join(p.Conditions, " and "),
				denied: p.Denied, any: p.Any,
			}
			if len(p.Actions) > 0 {
				key.service, _, _ = strings.Cut(p.Actions[0], ":")
			}
			if actions[key] == nil {
				order = append(order, key)
			}
			actions[key] = append(actions[key], p.Actions...)
		}
	}
	return actions, order
}

// access says who may do what from now on, and who no longer may: a line for each of them.
func access(was, is []scene.Identity) []Line {
	old, before := rights(was)
	now, after := rights(is)
	return append(gained(scene.Added, now, after, old, was), gained(scene.Removed, old, before, now, is)...)
}

// gained are the rights that one side has and the other one lacks; others are those whom the other
// side knows.
func gained(mark scene.Mark, has map[right][]string, order []right, lacks map[right][]string,
	others []scene.Identity) []Line {
	var lines []Line
	at := map[string]int{}
	for _, r := range order {
		more := missing(has[r], lacks[r])
		if more == nil {
			continue
		}
		known := slices.ContainsFunc(others, func(i scene.Identity) bool { return i.Name == r.who && i.As == r.as })
		lead := r.lead(mark, known)
		i, ok := at[lead]
		if !ok {
			i = len(lines)
			at[lead] = i
			lines = append(lines, Line{Mark: mark, Text: lead})
		}
		lines[i].Details = append(lines[i].Details, r.sentence(more))
	}
	return lines
}

// missing are the texts of a list that another one does not have.
func missing(list, other []string) []string {
	var left []string
	for _, text := range list {
		if !slices.Contains(other, text) {
			left = append(left, text)
		}
	}
	return left
}

// lead begins a sentence about rights that come or go; known tells whether the other side has
// somebody of that name.
func (r right) lead(mark scene.Mark, known bool) string {
	comes := mark == scene.Added
	if alone, ok := strings.CutPrefix(r.who, "nobody but "); ok {
		if comes {
			return "nobody but " + alone + " may from now on"
		}
		return "no longer nobody but " + alone + " may"
	}
	state := ""
	switch {
	case !known && comes:
		state = ", new,"
	case !known:
		state = ", gone,"
	}
	verb := " may no longer"
	switch {
	case r.denied && comes:
		verb = " is now denied to"
	case r.denied:
		verb = " is no longer denied to"
	case comes:
		verb = " may now"
	}
	return fmt.Sprintf("%s (%s)%s%s", r.who, r.as, state, verb)
}

// sentence says actions on a thing.
func (r right) sentence(actions []string) string {
	text := strings.Join(scene.Words(actions), ", ") + ": " + r.thing
	if r.conditions != "" {
		text += ", if " + r.conditions
	}
	return text + "  [" + strings.Join(actions, ", ") + "]"
}
