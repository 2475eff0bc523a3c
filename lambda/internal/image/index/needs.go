package index

import (
	"context"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"archway/lambda/internal/image/account"
	"archway/lambda/internal/image/entrypoint"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/loading"
	"archway/lambda/internal/image/rootfs"
)

// Needs is what the programs need to start, as far as it can be told from what was read.
type Needs struct {
	// Loads are what dynamic loaders find for the programs that start.
	Loads []Load
	// User is as whom the container runs.
	User account.Account
	// Denied are files that this user may not use.
	Denied []Denied
	// Given are files that interpreters are told to run and that are not there.
	Given []entrypoint.Given
	// TLS is a library for TLS that is loaded, if no list of certificate authorities is where such
	// ones look.
	TLS string
}

// Load is what a dynamic loader finds for the program of a step.
type Load struct {
	Step int
	// Sure says that the program is started for sure, with the environment that the image says.
	Sure bool
	loading.Result
}

// Denied is a file or folder that may not be used by the container's user.
type Denied struct {
	// Step is the program that can't be started because of it.
	Step   int
	Path   string
	Access layer.Access
	// Folder says that it is a folder on the way to the program; Reading that a script can't be
	// read by its interpreter.
	Folder, Reading bool
}

// wrong reports whether anything would be reported that can stop an image, so that it is to be
// proven with all layers read.
func (n *Needs) wrong() bool {
	u := n.User
	return u.NoUser || u.NoGroup || len(n.Denied) > 0 || len(n.Given) > 0 ||
		slices.ContainsFunc(n.Loads, func(l Load) bool { return len(l.Missing)+len(l.Unmet) > 0 })
}

// maxKept is the size up to which a file is kept. Debian's cache of libraries has 20 KB, that of a
// machine with all of GNOME 200.
const maxKept = 1 << 20

// kept says which files are kept whole, for what is read of them here: those that say who is who,
// and where libraries are searched.
func kept(name string) int64 {
	switch name {
	case "etc/passwd", "etc/group", "etc/ld.so.cache":
		return maxKept
	}
	if folder, base := path.Split(name); folder == "etc/" && strings.HasPrefix(base, "ld-musl-") &&
		strings.HasSuffix(base, ".path") {
		return 4 << 10
	}
	return -1
}

// needs looks at what the programs need, and reads hardly more for that than was read already.
func (f *follower) needs(ctx context.Context, s *Started) error {
	n := &Needs{}
	s.Needs = n
	return f.fs.Sparing(func() (err error) {
		run := f.entry.Config.Run
		if n.User, err = account.Look(ctx, f.fs, run.User); err != nil {
			return err
		}
		if err := f.loads(ctx, s, n); err != nil {
			return err
		}
		if err := f.denied(ctx, s.Trace, n); err != nil {
			return err
		}
		if err := f.given(ctx, s.Trace, n); err != nil {
			return err
		}
		if library := n.secured(); library != "" {
			lacks, err := f.lacksCertificates(ctx)
			if lacks {
				n.TLS = library
			}
			return err
		}
		return nil
	})
}

func (f *follower) loads(ctx context.Context, s *Started, n *Needs) error {
	t := s.Trace
	for _, step := range t.Steps {
		if step.How != entrypoint.Loader || step.File.State != rootfs.Found || !step.File.Node.Exec {
			continue
		}
		program := t.Steps[step.From]
		r, err := loading.Load(ctx, f.fs, loading.Program{
			File: program.File, Loader: step.File, LoaderName: step.Name, Env: f.entry.Config.Run.Env,
			Folder: f.entry.Config.Run.WorkingDir,
		})
		if err != nil {
			return err
		}
		n.Loads = append(n.Loads, Load{Step: step.From, Sure: t.Certain(step.From), Result: r})
	}
	return nil
}

// denied looks whether the container's user may use what starts. Programs that another user is made
// for are left out.
func (f *follower) denied(ctx context.Context, t entrypoint.Trace, n *Needs) error {
	u := n.User
	if !u.Known || u.UID == 0 {
		return nil
	}
	for i, step := range t.Steps {
		if step.File.State != rootfs.Found || step.File.Node.Kind != layer.File || !step.File.Node.Exec ||
			!t.Certain(i) || f.becomesAnother(t, i) {
			continue
		}
		d, err := f.deny(ctx, u, step)
		if err != nil {
			return err
		}
		if d != nil {
			d.Step = i
			n.Denied = append(n.Denied, *d)
			return nil // what follows isn't reached
		}
	}
	return nil
}

// becomesAnother reports whether a program is started as another user than the image's.
func (f *follower) becomesAnother(t entrypoint.Trace, i int) bool {
	for ; i >= 0; i = t.Steps[i].From {
		if from := t.Steps[i].From; from >= 0 {
			if a := t.Steps[from].File.Node.Access; a.Mode&0o6000 != 0 || a.Privileged || !a.Known {
				return true
			}
		}
	}
	return false
}

func (f *follower) deny(ctx context.Context, u account.Account, s entrypoint.Step) (*Denied, error) {
	const read, execute = 4, 1
	for folder := path.Dir(s.File.Path); folder != "/"; folder = path.Dir(folder) {
		file, err := f.fs.Resolve(ctx, "/", folder)
		if errors.Is(err, rootfs.ErrUnread) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if a := file.Node.Access; file.State == rootfs.Found && !a.Allows(u.UID, u.GIDs, execute) {
			return &Denied{Path: folder, Access: a, Folder: true}, nil
		}
	}
	a := s.File.Node.Access
	switch {
	case !a.Allows(u.UID, u.GIDs, execute):
		return &Denied{Path: s.File.Path, Access: a}, nil
	case s.File.Node.Program.Kind == executable.Script && !a.Allows(u.UID, u.GIDs, read):
		return &Denied{Path: s.File.Path, Access: a, Reading: true}, nil
	}
	return nil, nil
}

// given looks for files that interpreters are told to run, and keeps those that are not there. What
// a volume may bring is left out.
func (f *follower) given(ctx context.Context, t entrypoint.Trace, n *Needs) error {
	run := f.entry.Config.Run
	for _, g := range t.Given(run.Env) {
		there := false
		for _, name := range g.Names {
			file, err := f.fs.Resolve(ctx, run.WorkingDir, name)
			if err != nil && !errors.Is(err, rootfs.ErrUnread) {
				return err
			}
			if there = err != nil || file.State != rootfs.Absent || f.mounted(file); there {
				break
			}
		}
		if !there {
			n.Given = append(n.Given, g)
		}
	}
	return nil
}

// mounted reports whether a name leads into a volume of the image.
func (f *follower) mounted(file rootfs.File) bool {
	for volume := range f.entry.Config.Run.Volumes {
		volume = strings.TrimSuffix(path.Clean("/"+volume), "/") + "/"
		if strings.HasPrefix(file.Path+"/", volume) || strings.HasPrefix(file.Missing+"/", volume) {
			return true
		}
	}
	return false
}

var tlsLibrary = regexp.MustCompile(`^lib(ssl|gnutls|mbedtls|wolfssl)[.-]`)

// secured names the library for TLS that is loaded.
func (n *Needs) secured() string {
	for _, l := range n.Loads {
		for _, o := range l.Objects {
			if tlsLibrary.MatchString(o.Name) {
				return o.Name
			}
		}
	}
	return ""
}

// certificates are where OpenSSL, GnuTLS, Go and distributions look for the authorities that a
// program trusts (Go's crypto/x509 lists them in root_linux.go).
var certificates = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/certs/ca-bundle.crt",
	"/usr/local/share/certs/ca-root-nss.crt",
	"/etc/ca-certificates/extracted/tls-ca-bundle.pem", "/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates", "/var/lib/ca-certificates/ca-bundle.pem",
}

// lacksCertificates reports whether none of them is there for sure, and no variable names another
// place.
func (f *follower) lacksCertificates(ctx context.Context) (bool, error) {
	for _, variable := range f.entry.Config.Run.Env {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "SSL_CERT_") || strings.Contains(name, "CA_BUNDLE") ||
			strings.Contains(name, "CA_CERT") {
			return false, nil
		}
	}
	for _, place := range certificates {
		file, err := f.fs.Resolve(ctx, "/", place)
		if errors.Is(err, rootfs.ErrUnread) {
			return false, nil
		}
		if err != nil || file.State != rootfs.Absent {
			return false, err
		}
	}
	return true, nil
}
