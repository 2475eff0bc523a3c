package check

import (
	"fmt"

	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/index"
)

// access refuses an image whose own user may not start its program: the file, or a folder above it, is for another user alone.
// It shows only once USER is set: root may execute whatever anybody may.
var access = Check{Name: "access", About: "the image's user may not execute the program that starts", run: func(in Input, r *report) {
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
	if s.How == entrypoint.Loader {
		what = "the dynamic loader"
	}
	cure := "copy it with `COPY --chmod=755` or `COPY --chown=…`, or run chmod in the Dockerfile"
	switch {
	case d.Folder:
		r.add(Error, about(e), "put it elsewhere, or open the folder in the Dockerfile (`RUN chmod a+rx "+d.Path+"`)",
			"%s %s may not be reached by %s, as whom the image starts: the folder %s has %s; every start fails with \"permission denied\"", what, called(s), who, d.Path, mode)
	case d.Reading:
		r.add(Error, about(e), cure, "the script %s may be executed by %s, as whom the image starts, but not read (%s), so that its interpreter can't open it", called(s), who, mode)
	default:
		r.add(Error, about(e), cure, "%s %s may not be executed by %s, as whom the image starts (%s); every start fails with \"permission denied\"", what, called(s), who, mode)
	}
}
