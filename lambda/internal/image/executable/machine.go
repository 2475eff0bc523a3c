package executable

import "fmt"

// Machine is what processor an ELF file is for.
type Machine struct {
	// Bits are 32 or 64, or 0 if the class is neither.
	Bits uint8
	// Big says that numbers have their most significant byte first.
	Big bool
	// ID is e_machine.
	ID uint16
	// Float is the way of passing floating-point numbers, known of 32-bit ARM only.
	Float Float
}

// Float is how 32-bit ARM programs pass floating-point numbers (e_flags).
type Float uint8

// The ways of passing floating-point numbers.
const (
	FloatUnknown Float = iota
	FloatSoft
	FloatHard
)

// Numbers of machines (e_machine) as the ELF specification's registry has them.
const (
	em386       = 3
	em486       = 6
	emMIPS      = 8
	emPPC       = 20
	emPPC64     = 21
	emS390      = 22
	emARM       = 40
	emX86_64    = 62
	emAArch64   = 183
	emBPF       = 247
	emRISCV     = 243
	emLoongArch = 258
)

type key struct {
	bits uint8
	big  bool
	id   uint16
}

func (m Machine) key() key { return key{m.Bits, m.Big, m.ID} }

// architectures are the machines by the names that OCI platforms have for them.
var architectures = map[string]key{
	"386":      {32, false, em386},
	"amd64":    {64, false, emX86_64},
	"arm":      {32, false, emARM},
	"arm64":    {64, false, emAArch64},
	"loong64":  {64, false, emLoongArch},
	"mips":     {32, true, emMIPS},
	"mipsle":   {32, false, emMIPS},
	"mips64":   {64, true, emMIPS},
	"mips64le": {64, false, emMIPS},
	"ppc64":    {64, true, emPPC64},
	"ppc64le":  {64, false, emPPC64},
	"riscv64":  {64, false, emRISCV},
	"s390x":    {64, true, emS390},
}

// others are machines that no OCI platform means, but that people mistake for one.
var others = map[key]string{
	{32, false, em486}:       "386",
	{32, false, emX86_64}:    "x32 (x86-64 with 32-bit pointers)",
	{64, true, emAArch64}:    "arm64be (big endian)",
	{32, true, emARM}:        "armbe (big endian)",
	{32, false, emAArch64}:   "arm64 with 32-bit pointers",
	{32, false, emRISCV}:     "riscv32",
	{32, true, emPPC}:        "ppc (32-bit)",
	{32, true, emS390}:       "s390 (31-bit)",
	{64, false, emBPF}:       "the kernel's own machine (BPF)",
	{64, true, emBPF}:        "the kernel's own machine (BPF)",
	{32, false, emLoongArch}: "loong32",
}

var names = func() map[key]string {
	names := map[key]string{}
	for name, k := range architectures {
		names[k] = name
	}
	for k, name := range others {
		names[k] = name
	}
	return names
}()

// String names the machine as OCI platforms do, where they can.
func (m Machine) String() string {
	if name, ok := names[m.key()]; ok {
		return name
	}
	order := "little"
	if m.Big {
		order = "big"
	}
	return fmt.Sprintf("an unknown machine (number %d, %d-bit, %s endian)", m.ID, m.Bits, order)
}

// Fit is how a machine's programs run on a platform.
type Fit int

// How programs run on a platform.
const (
	// Unjudged is for platforms whose machine is not known here.
	Unjudged Fit = iota
	// Runs is for programs of the platform itself.
	Runs
	// RunsInCompat is for programs that need a kernel with support for the 32-bit predecessor.
	// Nearly every amd64 node runs those of 386. Programs of arm on arm64 don't count: some
	// processors have no 32-bit mode (Graviton4, Ampere One, Apple's).
	RunsInCompat
	// Fails is for programs of another machine.
	Fails
)

// On tells how the machine's programs run on a platform of Linux.
//
// A variant says little that an ELF header could confirm: amd64/v3 or arm/v6 against v7 differ in
// instructions only. What the header does say of ARM is how floating-point numbers are passed:
// arm/v5 has no unit for them, so a hard-float program of it stops at its first calculation.
func (m Machine) On(architecture, variant string) Fit {
	want, known := architectures[architecture]
	switch got := m.key(); {
	case !known:
		return Unjudged
	case got == want && architecture == "arm" && variant == "v5" && m.Float == FloatHard:
		return Fails
	case got == want, architecture == "386" && got == (key{32, false, em486}):
		return Runs
	case architecture == "amd64" && (got == architectures["386"] || got == (key{32, false, em486})):
		return RunsInCompat
	default:
		return Fails
	}
}
