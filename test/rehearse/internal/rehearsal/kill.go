package rehearsal

// KillFunction ends the programs of a function's package that work on something,
// without a word. It returns how many these were: tests inject faults here.
func (r *Rehearsal) KillFunction(pkg string) int { return r.runtime.Kill(pkg) }

// FunctionIsBusy reports whether a function of a package works on something.
func (r *Rehearsal) FunctionIsBusy(pkg string) bool { return r.runtime.Busy(pkg) }
