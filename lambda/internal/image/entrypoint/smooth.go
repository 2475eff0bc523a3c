package entrypoint

import (
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/rootfs"
)

// Smooth reports whether nothing on the way is out of the ordinary. It may say no of a trace in
// which every check finds all well, never yes of one in which some check wouldn't: where layers
// were not read to their ends, what isn't smooth is to be followed again after they were.
func (t Trace) Smooth(fits func(executable.Machine) bool) bool {
	if len(t.Args) > 0 && !t.Folder.Good() {
		return false
	}
	for _, s := range t.Steps {
		switch {
		case s.Relative != "" || s.Refuses != "" || s.Again:
			return false
		case s.File.State == rootfs.Outside:
			continue
		case s.File.State != rootfs.Found, s.File.Node.Kind != layer.File, !s.File.Node.Exec:
			return false
		}
		switch p := s.File.Node.Program; p.Kind {
		case executable.ELF:
			if p.Fault != "" || p.NoEntry || !p.Loadable() || p.LoaderUnseen || p.System.Foreign() != "" ||
				!fits(p.Machine) {
				return false
			}
			if s.How == Loader && (p.Loader != "" || p.Machine.Bits != t.Steps[s.From].File.Node.Program.Machine.Bits) {
				return false
			}
		case executable.Script:
			if line := p.Shebang(); line.Fault != "" || line.CR || s.How == Loader {
				return false
			}
		default:
			return false
		}
	}
	return true
}
