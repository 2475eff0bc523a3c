package images

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// verdict runs the validator, and gives its findings as "severity check platform", errors first.
func (w *workshop) verdict(t *testing.T, args ...string) []string {
	t.Helper()
	c := exec.CommandContext(t.Context(), w.validate, append([]string{"-o", "json"}, args...)...)
	c.Env = w.env
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	var document struct {
		Valid  bool
		Images []struct {
			Error    string
			Findings []struct {
				Check, Severity, Message string
				Subject                  struct{ Platform string }
			}
		}
	}
	if json.Unmarshal(out, &document) != nil || len(document.Images) != 1 || document.Images[0].Error != "" {
		t.Fatalf("validate %s: %v\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	if document.Valid != (err == nil) {
		t.Errorf("valid %v, but: %v", document.Valid, err)
	}
	var found []string
	for _, f := range document.Images[0].Findings {
		found = append(found, strings.TrimSpace(f.Severity+" "+f.Check+" "+f.Subject.Platform))
		t.Log(f.Message)
	}
	slices.Sort(found)
	return found
}

// want compares findings.
func want(t *testing.T, got []string, findings ...string) {
	t.Helper()
	if diff := cmp.Diff(findings, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestBuildxWithProvenance(t *testing.T) {
	w := open(t)
	for name, attest := range map[string]string{
		"v0.2 min": "mode=min", "v0.2 max": "mode=max", "v1 max": "mode=max,version=v1",
	} {
		t.Run(name, func(t *testing.T) {
			want(t, w.verdict(t, "--require-provenance", w.buildx(t, ",oci-mediatypes=true", "--provenance="+attest)))
		})
	}
}

func TestBuildxWithoutProvenance(t *testing.T) {
	w := open(t)
	image := w.buildx(t, ",oci-mediatypes=true", "--provenance=false")
	want(t, w.verdict(t, image))
	want(t, w.verdict(t, "--require-sbom", image), "error sbom linux/amd64", "error sbom linux/arm64")
	want(t, w.verdict(t, "--require-provenance", image), "error provenance linux/amd64", "error provenance linux/arm64")
}

// The generator is one of our own, run by BuildKit as it runs Docker's.
func TestBuildxWithSBOMAndProvenance(t *testing.T) {
	w := open(t)
	generator := w.registry + "/scanner:latest"
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte("FROM scratch\nCOPY scanner /scanner\nENTRYPOINT [\"/scanner\"]\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	w.run(t, w.dir, "docker", "buildx", "build", "--quiet", "--provenance=false", "--file", file, "--output",
		"type=image,name="+generator+",push=true", filepath.Join(w.dir, "scanner"))
	image := w.buildx(t, ",oci-mediatypes=true", "--provenance=mode=max", "--attest", "type=sbom,generator="+generator)
	want(t, w.verdict(t, "--require-provenance", "--require-sbom", image))
	folder := filepath.Join(t.TempDir(), "layout")
	w.run(t, w.dir, w.crane, "pull", "--format", "oci", image, folder)
	out, err := exec.CommandContext(t.Context(), w.validate, "oci:"+folder).Output()
	if err != nil || strings.Count(string(out), "(SBOM, provenance)") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}

// BuildKit's newer form, in which an attestation names its subject. ECR refuses its push
// (oci-artifacts in docs/aws.md), and so does the registry here, so it is read from a folder.
// Without a name BuildKit writes statements without a subject.
func TestBuildxWithOCIArtifacts(t *testing.T) {
	w := open(t)
	folder := w.layout(t, ",name=example.test/app:1,oci-mediatypes=true,oci-artifact=true", "--provenance=mode=max")
	want(t, w.verdict(t, "--require-provenance", "oci:"+folder))
}

func TestBuildxWithDockersMediaTypes(t *testing.T) {
	w := open(t)
	want(t, w.verdict(t, w.buildx(t, ",oci-mediatypes=false", "--provenance=false")))
}

func TestBuildxWithEachCompression(t *testing.T) {
	w := open(t)
	for _, compression := range []string{"uncompressed", "gzip", "estargz", "zstd"} {
		t.Run(compression, func(t *testing.T) {
			want(t, w.verdict(t, w.buildx(t, ",oci-mediatypes=true,force-compression=true,compression="+compression)))
		})
	}
}

// buildx records the commit of a folder in git, and whether anything in it was changed since.
func TestBuildxInAGitRepository(t *testing.T) {
	w := open(t)
	dir := t.TempDir()
	w.run(t, dir, "cp", "-r", filepath.Join(w.dir, "context")+"/.", dir)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		return strings.TrimSpace(w.run(t, dir, "git",
			append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...))
	}
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	commit := git("rev-parse", "HEAD")
	make := func(suffix, label string) string {
		image := w.image(t, suffix)
		w.run(t, dir, "env", "BUILDX_GIT_CHECK_DIRTY=1", "docker", "buildx", "build", "--quiet", "--platform",
			"linux/amd64,linux/arm64", "--provenance=mode=max",
			"--label", "org.opencontainers.image.revision="+label, "--output",
			"type=image,name="+image+",push=true,oci-mediatypes=true", ".")
		return image
	}
	want(t, w.verdict(t, "--require-provenance", make("-clean", commit)))
	other := strings.Repeat("0", 40)
	want(t, w.verdict(t, "--require-provenance", make("-other", other)), "error provenance linux/amd64",
		"error provenance linux/arm64")
	if err := os.WriteFile(filepath.Join(dir, "amd64", "app"), []byte("changed"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := w.verdict(t, "--require-provenance", make("-dirty", commit))
	for _, finding := range []string{"error provenance linux/amd64", "error provenance linux/arm64"} {
		if !slices.Contains(got, finding) {
			t.Errorf("findings %v, want %s", got, finding)
		}
	}
}

func TestBuildxIntoAnOCILayout(t *testing.T) {
	w := open(t)
	want(t, w.verdict(t, "oci:"+w.layout(t, "")))
}

// layout builds both platforms into a folder in the OCI image layout.
func (w *workshop) layout(t *testing.T, output string, args ...string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "layout")
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"buildx", "build", "--quiet", "--platform", "linux/amd64,linux/arm64", "--file", file,
		"--output", "type=oci,tar=false,dest=" + folder + output}, args...)
	w.run(t, w.dir, "docker", append(args, filepath.Join(w.dir, "context"))...)
	return folder
}

// singles are the images of the two platforms under tags of their own, as a pipeline of another
// kind makes them.
func (w *workshop) singles(t *testing.T, output string) (amd64, arm64 string) {
	t.Helper()
	amd64, arm64 = w.image(t, "-amd64"), w.image(t, "-arm64")
	w.build(t, amd64, dockerfile, "linux/amd64", output, "--provenance=false")
	w.build(t, arm64, dockerfile, "linux/arm64", output, "--provenance=false")
	return amd64, arm64
}

func TestDockerManifest(t *testing.T) {
	w := open(t)
	amd64, arm64 := w.singles(t, ",oci-mediatypes=false")
	plain := w.plain(t)
	here := func(image string) string { return strings.Replace(image, w.registry, plain, 1) }
	for name, variant := range map[string]string{"as it is": "", "with a variant": "v8"} {
		t.Run(name, func(t *testing.T) {
			image := w.image(t, "")
			w.run(t, w.dir, "docker", "manifest", "create", "--insecure", here(image), here(amd64), here(arm64))
			if variant != "" {
				w.run(t, w.dir, "docker", "manifest", "annotate", "--os", "linux", "--arch", "arm64", "--variant",
					variant, here(image), here(arm64))
			}
			w.run(t, w.dir, "docker", "manifest", "push", "--insecure", "--purge", here(image))
			want(t, w.verdict(t, image))
		})
	}
}

func TestBuildxImagetools(t *testing.T) {
	w := open(t)
	amd64, arm64 := w.singles(t, ",oci-mediatypes=true")
	image := w.image(t, "")
	w.run(t, w.dir, "docker", "buildx", "imagetools", "create", "--annotation",
		"index:org.opencontainers.image.title=test", "--tag", image, amd64, arm64)
	want(t, w.verdict(t, image))
}

func TestCraneIndexAppend(t *testing.T) {
	w := open(t)
	for name, test := range map[string]struct {
		output   string
		flags    []string
		findings []string
	}{
		"OCI":                    {",oci-mediatypes=true", nil, nil},
		"Docker in an OCI index": {",oci-mediatypes=false", nil, []string{"warning mixed-family"}},
		"Docker":                 {",oci-mediatypes=false", []string{"--docker-empty-base"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			amd64, arm64 := w.singles(t, test.output)
			image := w.image(t, "")
			w.run(t, w.dir, w.crane,
				append([]string{"index", "append", "--manifest", amd64, "--manifest", arm64, "--tag", image},
					test.flags...)...)
			want(t, w.verdict(t, image), test.findings...)
		})
	}
}

func TestCranePullsIntoALayout(t *testing.T) {
	w := open(t)
	image := w.buildx(t, ",oci-mediatypes=true")
	folder := filepath.Join(t.TempDir(), "layout")
	w.run(t, w.dir, w.crane, "pull", "--format", "oci", image, folder)
	want(t, w.verdict(t, "oci:"+folder))
}

func TestSkopeo(t *testing.T) {
	w := open(t)
	image := w.buildx(t, ",oci-mediatypes=true", "--provenance=mode=max")
	folder := filepath.Join(t.TempDir(), "layout")
	w.run(t, w.dir, "skopeo", "--insecure-policy", "copy", "--quiet", "--all", "docker://"+image, "oci:"+folder+":v1")
	want(t, w.verdict(t, "--require-provenance", "oci:"+folder))
	want(t, w.verdict(t, "--require-provenance", "oci:"+folder+":v1"))
	copied := w.image(t, "-copied")
	w.run(t, w.dir, "skopeo", "--insecure-policy", "copy", "--quiet", "--all", "oci:"+folder+":v1", "docker://"+copied)
	want(t, w.verdict(t, "--require-provenance", copied))
}

func TestSkopeoConvertsToDocker(t *testing.T) {
	w := open(t)
	image := w.buildx(t, ",oci-mediatypes=true", "--provenance=false")
	converted := w.image(t, "-converted")
	w.run(t, w.dir, "skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--format", "v2s2", "docker://"+image,
		"docker://"+converted)
	want(t, w.verdict(t, converted))
}

func TestBuildah(t *testing.T) {
	w := open(t)
	root := t.TempDir()
	buildah := func(args ...string) {
		t.Helper()
		w.run(t, w.dir, "buildah",
			append([]string{"--storage-driver", "vfs", "--root", filepath.Join(root, "storage"), "--runroot",
				filepath.Join(root, "run")}, args...)...)
	}
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"oci", "docker"} {
		t.Run(format, func(t *testing.T) {
			image := w.image(t, "")
			buildah("manifest", "create", "list-"+format)
			for _, architecture := range []string{"amd64", "arm64"} {
				buildah("bud", "--quiet", "--signature-policy", policy(t), "--isolation", "chroot", "--format", format,
					"--platform", "linux/"+architecture,
					"--build-arg", "TARGETARCH="+architecture, "--manifest", "list-"+format, "--file", file,
					filepath.Join(w.dir, "context"))
			}
			buildah("manifest", "push", "--quiet", "--signature-policy", policy(t), "--all", "--format",
				map[string]string{"oci": "oci", "docker": "v2s2"}[format], "list-"+format, "docker://"+image)
			want(t, w.verdict(t, image))
		})
	}
}

// policy accepts images without signatures, as a machine's default does.
func policy(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(file, []byte(`{"default":[{"type":"insecureAcceptAnything"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
