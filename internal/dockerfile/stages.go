package dockerfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// stage is what one FROM begins: the images that it names, and the stages that it builds on, by
// position.
type stage struct {
	name  string
	uses  []Use
	needs []int
}

type stageList []stage

// stages finds out what each stage takes. Names of stages are told from those of images as BuildKit
// does it (dockerfile2llb: addState, toCommand): FROM sees the stages before it, COPY and RUN see
// all.
func stages(lex *shell.Lex, parsed []instructions.Stage, args map[string]string) (stageList, error) {
	all := make(stageList, len(parsed))
	for i, p := range parsed {
		base, _, err := lex.ProcessWord(p.BaseName, environment(args))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line(p.Location), err)
		}
		if earlier, ok := all[:i].find(base); ok {
			all[i].needs = append(all[i].needs, earlier)
		} else if base != scratch {
			all[i].uses = append(all[i].uses,
				Use{Line: line(p.Location), Text: "FROM " + p.BaseName, Image: image(base),
					Computed: base != p.BaseName})
		}
		all[i].name = strings.ToLower(p.Name)
	}
	for i, p := range parsed {
		for _, command := range p.Commands {
			switch command := command.(type) {
			case *instructions.CopyCommand:
				if n, err := strconv.Atoi(command.From); err != nil {
					all.take(&all[i], command.From, "COPY --from="+command.From, line(command.Location()))
				} else if n >= 0 && n < len(all) { // else BuildKit refuses it
					all[i].needs = append(all[i].needs, n)
				}
			case *instructions.RunCommand:
				for _, mount := range instructions.GetMounts(command) {
					all.take(&all[i], mount.From, "RUN --mount=from="+mount.From, line(command.Location()))
				}
			}
		}
	}
	return all, nil
}

// take notes what an instruction takes files from. Arguments are not filled in there: BuildKit
// refuses that.
func (l stageList) take(s *stage, from, text string, line int) {
	if from == "" || from == scratch {
		return
	}
	if needed, ok := l.find(from); ok {
		s.needs = append(s.needs, needed)
		return
	}
	s.uses = append(s.uses, Use{Line: line, Text: text, Image: image(from)})
}

// find gives the position of the stage of a name, the last one if several have it.
func (l stageList) find(name string) (int, bool) {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].name != "" && l[i].name == strings.ToLower(name) {
			return i, true
		}
	}
	return 0, false
}

// reach gives the stages that a target needs, itself among them.
func (l stageList) reach(target string) (map[int]bool, error) {
	if len(l) == 0 {
		return nil, errors.New("there is no FROM")
	}
	first := len(l) - 1
	if target != "" {
		var ok bool
		if first, ok = l.find(target); !ok {
			return nil, fmt.Errorf("there is no stage %q", target)
		}
	}
	reached := map[int]bool{}
	for next := []int{first}; len(next) > 0; next = next[1:] {
		if !reached[next[0]] {
			reached[next[0]] = true
			next = append(next, l[next[0]].needs...)
		}
	}
	return reached, nil
}

// uses are the images of the stages that were reached, or of all if that is nil.
func (l stageList) uses(reached map[int]bool) []Use {
	var uses []Use
	for i, s := range l {
		if reached == nil || reached[i] {
			uses = append(uses, s.uses...)
		}
	}
	return uses
}
