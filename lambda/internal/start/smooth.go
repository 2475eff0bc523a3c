package start

import (
	"archway/lambda/internal/layer"
	"archway/lambda/internal/program"
	"archway/lambda/internal/rootfs"
)

// Smooth tells whether nothing on the way is out of the ordinary. It may say no of a trace in which every check finds all well, never
// yes of one in which some check wouldn't: where layers were not read to their ends, what isn't smooth is to be followed again
// after they were.
func (t Trace) Smooth(fits func(program.Machine) bool) bool {
	for _, s := range t.Steps {
		switch {
		case s.File.State == rootfs.Outside:
			continue
		case s.File.State != rootfs.Found, s.File.Node.Kind != layer.File, !s.File.Node.Exec:
			return false
		}
		switch p := s.File.Node.Program; p.Kind {
		case program.ELF:
			if p.Fault != "" || !p.Loadable() || p.LoaderUnseen || p.System.Foreign() != "" || !fits(p.Machine) {
				return false
			}
			if s.How == Loader && (p.Loader != "" || p.Machine.Bits != t.Steps[s.From].File.Node.Program.Machine.Bits) {
				return false
			}
		case program.Script:
			if line := p.Shebang(); line.Fault != "" || line.CR || s.How == Loader {
				return false
			}
		default:
			return false
		}
	}
	return true
}
