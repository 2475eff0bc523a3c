package cloudformation

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"archway/internal/settings"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

var machines = map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}

// checkCode looks at the code that would be deployed. The result is the program's build tags, and
// the settings beside it: nil if there are none.
func checkCode(f *lambdaruntime.Function, architecture string) (tags string, settled []byte, err error) {
	dir, done, err := f.Code.Open()
	if err != nil {
		return "", nil, err
	}
	defer done()
	if tags, err = checkProgram(filepath.Join(dir, f.Handler), f, architecture); err != nil {
		return "", nil, err
	}
	settled, err = os.ReadFile(filepath.Join(dir, settings.File))
	if errors.Is(err, fs.ErrNotExist) {
		return tags, nil, nil
	}
	return tags, settled, err
}

// checkProgram checks the program that would be deployed, which is built for
// Lambda's machine and so is not the one that runs here: it is a program for the
// function's architecture, and built from the package that runs here. The result
// is its build tags.
func checkProgram(file string, f *lambdaruntime.Function, architecture string) (tags string, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("the code has no program %s, which the handler names", f.Handler)
	}
	if info.Mode()&0o111 == 0 {
		return "", fmt.Errorf("the code's program %s is not executable: mode %v", f.Handler, info.Mode())
	}
	program, err := elf.Open(file)
	if err != nil {
		return "", fmt.Errorf("the code's %s is not a program: %w", f.Handler, err)
	}
	defer program.Close()
	if want, ok := machines[architecture]; !ok || program.Machine != want {
		return "",
			fmt.Errorf("the code's program is built for %v, the function's architecture is %s", program.Machine,
				architecture)
	}
	built, err := buildinfo.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the code's program was not built by Go: %w", err)
	}
	if built.Path != f.Package {
		return "",
			fmt.Errorf("the code's program was built from %s, the metadata %s names %s", built.Path, packageMetadata,
				f.Package)
	}
	for _, setting := range built.Settings {
		if setting.Key == "-tags" {
			tags = setting.Value
		}
	}
	return tags, nil
}
