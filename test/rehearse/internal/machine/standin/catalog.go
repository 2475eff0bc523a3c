package standin

import (
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// The versions that the stand-ins have. They are pinned, as the layers' contents
// and so the digests follow from them.
const (
	debianSuite   = "bookworm"
	debianRelease = "12"
	goVersion     = "1.26.8"
	nodeVersion   = "24.21.0"
	npmVersion    = "11.6.2"
)

// revision changes when the way of making layers does, and with it their keys.
const revision = "r1"

// The generator of bills of materials that BuildKit runs by default. It has this one tag, on
// docker.io only.
const (
	generatorName = "docker/buildkit-syft-scanner"
	generatorTag  = "stable-1"
)

// image is one that has a stand-in.
type image struct {
	name string
	// version is what its tags start with, up to any dot.
	version string
	// variants are what may follow the version, or stand alone.
	variants []string
	compose  func(*maker, architecture) (contents, error)
}

var catalog = []image{
	{"debian", debianRelease, []string{"slim"}, debianImage},
	{generatorName, generatorTag, nil, generatorImage},
	{"golang", goVersion, []string{debianSuite}, golangImage},
	{"node", nodeVersion, []string{debianSuite, debianSuite + "-slim", "slim"}, nodeImage},
}

// String lists the stand-ins, for people.
func String() string {
	return "debian:" + debianSuite + "[-slim], golang:" + goVersion + "[-" + debianSuite + "], node:" + nodeVersion +
		"[-" + debianSuite +
		"][-slim], and the shorter tags of these (golang:1.26), of docker.io and public.ecr.aws/docker/library; " +
		generatorName + ":" + generatorTag + " of docker.io"
}

// The library's place in each registry.
var libraries = map[string]string{
	name.DefaultRegistry: "library/",
	"public.ecr.aws":     "docker/library/",
}

// find returns the image that stands in for a reference of a FROM line, and under
// which repository and tag the mirror is asked for it.
func find(reference string) (img image, repository, tag string, ok bool) {
	ref, err := name.NewTag(reference)
	if err != nil {
		return image{}, "", "", false
	}
	repository, tag = ref.RepositoryStr(), ref.TagStr()
	if ref.RegistryStr() == name.DefaultRegistry && repository == generatorName && tag == generatorTag {
		i := slices.IndexFunc(catalog, func(i image) bool { return i.name == generatorName })
		return catalog[i], repository, tag, true
	}
	library, ok := libraries[ref.RegistryStr()]
	if !ok || !strings.HasPrefix(repository, library) {
		return image{}, "", "", false
	}
	i := slices.IndexFunc(catalog, func(i image) bool {
		return library+i.name == repository && i.has(tag)
	})
	if i < 0 {
		return image{}, "", "", false
	}
	return catalog[i], repository, tag, true
}

var tagParts = regexp.MustCompile(`^([0-9][0-9.]*)?(?:(?:^|-)([a-z].*))?$`)

// has reports whether the stand-in is what the original's tag would give: golang has
// 1, 1.26 and 1.26.8, each alone or with a variant, and the variant alone.
func (i image) has(tag string) bool {
	if tag == "latest" {
		tag = ""
	}
	if i.name == "debian" { // its suite is another name of its release
		tag = strings.Replace(tag, debianSuite, debianRelease, 1)
	}
	parts := tagParts.FindStringSubmatch(tag)
	if parts == nil {
		return false
	}
	version, variant := parts[1], parts[2]
	return (version == "" || strings.HasPrefix(i.version+".", version+".")) &&
		(variant == "" || slices.Contains(i.variants, variant))
}
