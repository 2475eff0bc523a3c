package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// File is the name of the file that says how an application is proved:
//
//	{"expect": [{"platform": "linux/amd64", "output": "Hello, amd64!", "http": {"port": 8080, "path": "/"}}]}
const File = "rehearsal.json"

// Expectation is what one platform's image has to print, or to answer over HTTP.
type Expectation struct {
	Platform string `json:"platform"`
	// Output is compared with what the program prints on standard output until it
	// ends, or with the answer's body; white space around it does not count.
	Output string `json:"output"`
	// HTTP, if set, says that the program is a server.
	HTTP *HTTP `json:"http,omitempty"`
}

// HTTP is the request whose answer is compared; its status must be 200.
type HTTP struct {
	// Port is the one that the program listens on in its container.
	Port int `json:"port"`
	// Path is that of the request, "/" if empty.
	Path string `json:"path"`
}

// Load reads rehearsal.json in a folder. The error is fs.ErrNotExist if the
// folder has none; otherwise it joins all problems.
func Load(dir string) ([]Expectation, error) {
	path := filepath.Join(dir, File)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Expect []Expectation `json:"expect"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	problem := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
	}
	if len(file.Expect) == 0 {
		problem(`"expect" is empty, expected one entry for each platform`)
	}
	seen := map[string]bool{}
	for i := range file.Expect {
		e := &file.Expect[i]
		if os, arch, ok := strings.Cut(e.Platform, "/"); !ok || os == "" || arch == "" {
			problem("expect[%d].platform is %q, expected os/architecture such as linux/arm64", i, e.Platform)
		} else if seen[e.Platform] {
			problem("expect[%d].platform %q is there twice", i, e.Platform)
		}
		seen[e.Platform] = true
		if strings.TrimSpace(e.Output) == "" {
			problem("expect[%d].output is empty, expected what the program prints or answers", i)
		}
		if e.HTTP == nil {
			continue
		}
		if e.HTTP.Path == "" {
			e.HTTP.Path = "/"
		}
		if e.HTTP.Port < 1 || e.HTTP.Port > 65535 {
			problem("expect[%d].http.port is %d, expected 1 to 65535", i, e.HTTP.Port)
		}
		if !strings.HasPrefix(e.HTTP.Path, "/") {
			problem("expect[%d].http.path is %q, expected a path that starts with /", i, e.HTTP.Path)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return file.Expect, nil
}
