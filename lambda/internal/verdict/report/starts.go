package report

import (
	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/rootfs"
)

// Start is one program on the way from the entrypoint to the last dynamic loader.
type Start struct {
	// How it is reached: entry (what the runtime executes), interpreter (of the script before),
	// loader (of the program before), wrapped (what a program such as env or tini is told to
	// execute) or probable (what a shell or an entrypoint script is given to execute).
	How string `json:"how"`
	// The name by which it is called.
	Name string `json:"name"`
	// The file that the name leads to, after all links. Missing: there is none.
	File string `json:"file,omitempty"`
	// What the file is built for, such as arm64, if it is an ELF program.
	Machine string `json:"machine,omitempty"`
}

var hows = map[entrypoint.How]string{
	entrypoint.Entry: "entry", entrypoint.Interpreter: "interpreter", entrypoint.Loader: "loader",
	entrypoint.Wrapped:  "wrapped",
	entrypoint.Probable: "probable", entrypoint.Guessed: "probable",
}

// starts tells what would start in an image, as far as it was followed.
func starts(e *index.Entry) []Start {
	if e.Start == nil {
		return nil
	}
	var all []Start
	for _, s := range e.Start.Trace.Steps {
		one := Start{How: hows[s.How], Name: s.Name}
		if s.File.State == rootfs.Found {
			one.File = s.File.Path
			if p := s.File.Node.Program; p.Kind == executable.ELF {
				one.Machine = p.Machine.String()
			}
		}
		all = append(all, one)
	}
	return all
}
