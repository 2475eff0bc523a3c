package proof

import (
	"context"
	"errors"
	"io"
)

// Expectation is what one platform's image has to print, or to answer over HTTP.
type Expectation struct {
	Platform string `json:"platform"`
	// Output is compared with what the program prints, or with the answer's
	// body; white space around it does not count.
	Output string `json:"output"`
	HTTP   *HTTP  `json:"http,omitempty"`
}

// HTTP is the request whose answer is compared.
type HTTP struct {
	Port int    `json:"port"`
	Path string `json:"path"`
}

// Load reads rehearsal.json in a folder. The error is fs.ErrNotExist if the
// folder has none.
func Load(dir string) ([]Expectation, error) { return nil, errors.New("not built yet") }

// Options says which image to prove, and how to reach it.
type Options struct {
	// Docker is the client; "docker" of the PATH if empty. Host is the engine's
	// address, the Machine's DockerHost.
	Docker, Host string
	// User and Password log in to the registry of Image.
	User, Password string
	// Image is registry host/repository:tag.
	Image    string
	Expect   []Expectation
	Progress io.Writer
}

// Result is one platform's proof. Err is nil if the image did as expected.
type Result struct {
	Expectation
	Got string `json:"got"`
	Err error  `json:"-"`
}

// Run pulls the image for each expected platform, runs it and compares. The
// error joins those of all platforms.
func Run(ctx context.Context, options Options) ([]Result, error) {
	return nil, errors.New("not built yet")
}
