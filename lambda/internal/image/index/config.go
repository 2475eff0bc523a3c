package index

import (
	"encoding/json"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// RevisionLabel names the commit that an image was built from: an image label and an index
// annotation.
const RevisionLabel = specs.AnnotationRevision

// Config is what the checks need of an image's config. Fields that no check reads, such as the
// creation time, are left out: what is wrong with them doesn't keep the checks from the rest.
type Config struct {
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	OSVersion    string   `json:"os.version"`
	Variant      string   `json:"variant"`
	Run          Run      `json:"config"`
	RootFS       RootFS   `json:"rootfs"`
	OSFeatures   []string `json:"os.features"`
	// Ambiguous names what two programs can read differently, such as a key that stands twice.
	Ambiguous []string `json:"-"`
	// Undecodable says why runtimes can't decode it although this program can. Empty if they can.
	Undecodable string `json:"-"`
	// Undockerable says why Docker alone can't decode it. Empty if it can, or nobody can.
	Undockerable string `json:"-"`
}

// Run is how a container of the image starts.
type Run struct {
	User         string              `json:"User"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts"`
	Env          []string            `json:"Env"`
	Entrypoint   []string            `json:"Entrypoint"`
	Cmd          []string            `json:"Cmd"`
	Volumes      map[string]struct{} `json:"Volumes"`
	WorkingDir   string              `json:"WorkingDir"`
	Labels       map[string]string   `json:"Labels"`
	StopSignal   string              `json:"StopSignal"`
	OnBuild      []string            `json:"OnBuild"`
}

// RootFS lists the digests of the uncompressed layers.
type RootFS struct {
	Type    string          `json:"type"`
	DiffIDs []digest.Digest `json:"diff_ids"`
}

// ParseConfig decodes an image's config.
func ParseConfig(b []byte) (*Config, error) {
	if _, err := weigh(b); err != nil {
		return nil, err
	}
	c := new(Config)
	if err := json.Unmarshal(b, c); err != nil {
		return nil, readable(err)
	}
	c.Ambiguous = ambiguities(b, *c)
	if c.Undecodable = undecodable(b); c.Undecodable == "" {
		c.Undockerable = undockerable(b)
	}
	return c, nil
}

// Platform is the platform that the config declares.
func (c *Config) Platform() specs.Platform {
	return specs.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant, OSVersion: c.OSVersion}
}
