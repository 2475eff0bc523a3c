package check

import (
	"fmt"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
)

// access judges an image whose own user may not start its program: the file, or a folder above it,
// is for another user alone. It shows only once USER is set: root may execute whatever anybody may.
// What the runtime itself executes is a warning, as runtimes differ (see capable).
var access = Check{Name: "access", About: "the image's user may not execute the program that starts",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			if e.Start.Needs == nil {
				continue
			}
			for _, d := range e.Start.Needs.Denied {
				deniedTo(r, e, d)
			}
		}
	}}

func deniedTo(r *report, e *index.Entry, d index.Denied) {
	s, u := e.Start.Trace.Steps[d.Step], e.Start.Needs.User
	who := fmt.Sprintf("the user %d", u.UID)
	if u.Named() {
		who = fmt.Sprintf("the user %s (%d)", u.User, u.UID)
	}
	mode := fmt.Sprintf("mode %04o, owner %d:%d", d.Access.Mode, d.Access.UID, d.Access.GID)
	what := "the program"
	switch s.How {
	case entrypoint.Loader:
		what = "the dynamic loader"
	case entrypoint.Interpreter:
		what = "the interpreter"
	}
	severity, end := Error, "every start fails with \"permission denied\""
	if capable(e.Start.Trace, s) {
		severity, end = Warning, "Docker, Amazon ECS and pods that drop capabilities report \"permission denied\""
	}
	cure := "copy it with `COPY --chmod=755` or `COPY --chown=…`, or run chmod in the Dockerfile"
	switch {
	case d.Folder:
		r.add(severity, about(e),
			"put it elsewhere, or open the folder in the Dockerfile (`RUN chmod a+rx "+d.Path+"`)",
			"%s %s may not be reached by %s, as whom the image starts: the folder %s has %s; %s",
			what, called(s), who, d.Path, mode, end)
	case d.Reading:
		r.add(Error, about(e), cure,
			"the script %s may be executed by %s, as whom the image starts, but not read (%s), so "+
				"that its interpreter can't open it", called(s), who, mode)
	default:
		r.add(severity, about(e), cure, "%s %s may not be executed by %s, as whom the image starts (%s); %s",
			what, called(s), who, mode, end)
	}
}

// capable reports whether a step is executed by the runtime itself, which may still have
// CAP_DAC_OVERRIDE then: containerd gives the default capabilities to every user, and runc keeps
// them until the program runs (libcontainer/init_linux.go, finalizeNamespace, v1.1.5). Docker takes
// them from users other than root before (moby's oci/oci.go, SetCapabilities). A script is opened
// once more, by its interpreter, which has none.
func capable(t entrypoint.Trace, s entrypoint.Step) bool {
	if s.File.Node.Program.Kind == executable.Script {
		return false
	}
	for s.How == entrypoint.Interpreter || s.How == entrypoint.Loader {
		s = t.Steps[s.From]
	}
	return s.How == entrypoint.Entry
}
