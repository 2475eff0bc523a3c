package check

import (
	"fmt"
	"path"
	"strings"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/index"
)

// givenFile refuses an image whose interpreter is there, and what it is told to run isn't: `java
// -jar app.jar`, `python main.py`, `sh /entry.sh`, or the program of a shell's command. The
// container starts, and ends at once. What a volume may bring isn't looked at.
var givenFile = Check{Name: "given-file",
	About: "the file that an interpreter is told to run is missing (`java -jar app.jar`, `sh /entry.sh`)",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			if e.Start.Needs == nil || shellFormed(e) != "" {
				continue
			}
			for _, g := range e.Start.Needs.Given {
				givenTo(r, e, g)
			}
		}
	}}

func givenTo(r *report, e *index.Entry, g entrypoint.Given) {
	severity, unless := Error, ""
	switch {
	case len(e.Config.Run.OnBuild) > 0:
		severity, unless = Warning, ", unless the ONBUILD of this base puts it there"
	case !g.Sure:
		severity, unless = Warning, ", unless what is started before it makes the file"
	}
	s := e.Start.Trace.Steps[g.Step]
	where, cure := "the image", copyCure
	if !strings.HasPrefix(g.Name, "/") {
		where = "the working directory " + path.Clean("/"+e.Config.Run.WorkingDir)
		cure = "correct the name or WORKDIR, or copy the file into the last stage of the Dockerfile"
	}
	by := called(s)
	if g.By != "" {
		by = fmt.Sprintf("%s, which %s is given to start,", g.By, by)
	}
	r.add(severity, about(e), cure,
		"%s is told to run %s, which is not in %s; it ends at once%s%s",
		by, g.Name, where, unless, unexpanded(g.Name))
}

// unexpanded explains a variable that nobody puts a value in for.
func unexpanded(name string) string {
	if strings.Contains(name, "$") {
		return "; nobody expands the variable: in the JSON form of ENTRYPOINT and CMD there is no shell"
	}
	return ""
}
