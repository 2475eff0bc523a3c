package check

import (
	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
)

// entryELF refuses an image whose program can't start on its platform: built for another machine (calico#13203, varlock#336,
// atmos#2931), not there, or no program. Everything that the index and the config say can be right, and each container ends with
// "exec format error" all the same.
var entryELF = Check{Name: "entry-elf", About: "the program that starts is missing, or built for another machine", run: func(in Input, r *report) {
	for _, e := range started(in.Image) {
		t := e.Start.Trace
		if len(t.Args) == 0 {
			r.add(Warning, about(e), "name a program with ENTRYPOINT or CMD, unless the image is only a base for others",
				"the image has neither an entrypoint nor a command, so that nothing starts unless a container's creator names it")
		}
		for _, s := range t.Steps {
			if s.How == entrypoint.Loader || ofScript(t, s) {
				continue
			}
			f := faultOf(e, s).unless(t.Guess(s))
			given := s.How == entrypoint.Probable || s.How == entrypoint.Guessed
			if f == nil || given && s.File.Node.Program.Kind == executable.Data {
				continue // a shell may make something of it
			}
			switch s.How {
			case entrypoint.Entry:
				r.fault(about(e), f, "the program that starts, %s,", called(s))
			case entrypoint.Wrapped:
				r.fault(about(e), f, "the program %s, which %s starts,", called(s), t.Steps[s.From].Name)
			case entrypoint.Guessed:
				r.fault(about(e), f, "the program %s, which the script %s is given and may start,", called(s), t.Steps[s.From].Name)
			default:
				r.fault(about(e), f, "the program %s, which %s is given to start,", called(s), t.Steps[s.From].Name)
			}
		}
	}
}}
