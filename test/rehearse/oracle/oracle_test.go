package oracle

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/test/rehearse/internal/machine"
)

var (
	// Each image takes containerd about a quarter of a second.
	chance = flag.Int("chance", 200, "how many images are made by chance, beside one for each choice alone")
	only   = flag.String("trial", "", "a regular expression: only images whose names match")
)

// needsMachine skips a test where containers can't be started; in CI that is a failure.
func needsMachine(t *testing.T) {
	t.Helper()
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		missing = append(missing, "linux/amd64")
	}
	for _, program := range []string{"containerd", "ctr", "runc", "dash", "bash", "ldd"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if _, err := staticBusyBox(); err != nil {
		missing = append(missing, "busybox-static")
	}
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("starting images needs %s, and in CI it must not be left out", strings.Join(missing, " and "))
	default:
		t.Skipf("NOT RUN: starting images with containerd needs %s (scripts/setup.sh --tests installs packages)",
			strings.Join(missing, " and "))
	}
}

// What is good starts, and what is bad does not.
func TestGoodAndBad(t *testing.T) {
	needsMachine(t)
	names := regexp.MustCompile(*only)
	all := slices.DeleteFunc(table(*chance), func(trial trial) bool { return !names.MatchString(trial.name) })
	dir := t.TempDir()
	folder, archive := filepath.Join(dir, "images"), filepath.Join(dir, "images.tar")
	write(t, folder, archive, all)
	verdicts := validate(t, dir, folder, all)

	progress := &strings.Builder{}
	c, err := machine.StartContainerd(t.Context(), progress)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Import(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	compare(t, c, all, verdicts)
}

// write makes the images, as a folder and as an archive.
func write(t *testing.T, folder, archive string, all []trial) {
	t.Helper()
	below, err := bases()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLayout(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range all {
		var layers []specs.Descriptor
		for _, entries := range append([][]entry{below[trial.base]}, trial.layers...) {
			d, err := l.layer(entries)
			if err != nil {
				t.Fatal(err)
			}
			layers = append(layers, d)
		}
		if err := l.add(trial.name, trial.config, layers); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.finish(); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.archive(out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// verdict is what the validator says.
type verdict struct {
	valid    bool
	messages []string
}

// validate runs the validator on all images of a folder.
func validate(t *testing.T, dir, folder string, all []trial) map[string]verdict {
	t.Helper()
	program := filepath.Join(dir, "validate")
	if out, err := exec.Command("go", "build", "-o", program, "archway/lambda/validate").CombinedOutput(); err != nil {
		t.Fatalf("build the validator: %v\n%s", err, out)
	}
	// All is read: what containerd unpacks it reads too.
	args := []string{"-o", "json", "--deep", "--platform", "linux/amd64"}
	for _, trial := range all {
		args = append(args, "oci:"+folder+":"+trial.name)
	}
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	var document struct {
		Images []struct {
			Image, Error string
			Valid        bool
			Findings     []struct{ Check, Severity, Message string }
		}
	}
	if json.Unmarshal(out, &document) != nil || len(document.Images) != len(all) {
		t.Fatalf("validate: %v, and it judges %d of %d images\n%.2000s", err, len(document.Images), len(all), out)
	}
	verdicts := map[string]verdict{}
	for n, image := range document.Images {
		if image.Error != "" || !strings.HasSuffix(image.Image, ":"+all[n].name) {
			t.Fatalf("%s: %s", image.Image, image.Error)
		}
		v := verdict{valid: image.Valid}
		for _, f := range image.Findings {
			v.messages = append(v.messages, f.Severity+" "+f.Check+" "+f.Message)
		}
		verdicts[all[n].name] = v
	}
	return verdicts
}

// compare starts every image.
func compare(t *testing.T, c *machine.Containerd, all []trial, verdicts map[string]verdict) {
	t.Helper()
	var mu sync.Mutex
	count := map[string]int{}
	group := make(chan struct{}, runtime.NumCPU()+1)
	var wait sync.WaitGroup
	for _, trial := range all {
		group <- struct{}{}
		wait.Go(func() {
			defer func() { <-group }()
			status, said, err := c.Run(t.Context(), trial.name)
			mu.Lock()
			defer mu.Unlock()
			starts, v := status == started, verdicts[trial.name]
			switch {
			case err != nil:
				t.Errorf("%s (%s): %v", trial.name, strings.Join(trial.about, ", "), err)
			case starts == v.valid:
				count[fmt.Sprintf("good %v", starts)]++
			case v.valid && documented(trial) != "":
				count[documented(trial)]++
			case starts:
				t.Errorf("%s (%s) starts, and the validator refuses it: %s",
					trial.name, strings.Join(trial.about, ", "), strings.Join(v.messages, "\n"))
			default:
				t.Errorf("%s (%s) does not start, and the validator passes it: it ended with %d: %s\n%+v\n%s",
					trial.name, strings.Join(trial.about, ", "), status, said, trial.config,
					strings.Join(v.messages, "\n"))
			}
		})
	}
	wait.Wait()
	t.Log(count)
	if good, bad := count["good true"], count["good false"]; *only == "" && (good < len(all)/4 || bad < len(all)/4) {
		t.Errorf("%d images start and %d do not: the table says too little", good, bad)
	}
}

// documented says which promise the validator doesn't make (docs/validation.md) of an image that it
// passes and that doesn't start, or "".
func documented(trial trial) string {
	switch below := func(s string) bool { return strings.HasPrefix(s, "/proc/") || strings.HasPrefix(s, "/dev/") }; {
	case trial.guess:
		return "what a shell does"
	case below(trial.config.WorkingDir), below(append(trial.config.Entrypoint, "")[0]):
		return "what the runtime puts into a container"
	}
	return ""
}
