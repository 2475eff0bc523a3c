package lambdaruntime

import "syscall"

// Kill ends every program of a package that has an invocation under way, at
// once and without a word, as a machine does that fails. It returns how many
// these were: tests inject faults here.
func (r *Runtime) Kill(pkg string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	killed := 0
	for i := range r.all {
		if i.function.Package == pkg && i.busy() && syscall.Kill(-i.command.Process.Pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

// Busy reports whether a function of a package has an invocation under way.
func (r *Runtime) Busy(pkg string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.all {
		if i.function.Package == pkg && i.busy() {
			return true
		}
	}
	return false
}

func (i *instance) busy() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.current != ""
}
