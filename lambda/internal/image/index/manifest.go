package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Shape is what a document is by its content, whatever type it declares.
type Shape string

// The shapes that a manifest's body can have.
const (
	ShapeIndex     Shape = "image index"
	ShapeManifest  Shape = "image manifest"
	ShapeSchema1   Shape = "schema 1 manifest"
	ShapeAmbiguous Shape = "mixture of index and manifest"
	ShapeUnknown   Shape = "something else"
)

// Named is the shape in a sentence: an image index, something else.
func (s Shape) Named() string {
	switch s {
	case ShapeIndex, ShapeManifest:
		return "an " + string(s)
	case ShapeUnknown:
		return string(s)
	default:
		return "a " + string(s)
	}
}

// Manifest is one document that the registry serves as a manifest, read without judging it.
type Manifest struct {
	// Digest is that of the served bytes. It differs from what was asked for where the registry
	// serves other bytes.
	Digest digest.Digest
	Size   int64
	// ContentType is what the registry declares.
	ContentType string
	Body        Body
	// Ambiguous names what two programs can read differently, such as a key that stands twice.
	Ambiguous []string
	// Err says why the body could not be decoded.
	Err error
}

// Body is the union of the fields of image indexes and image manifests, in Docker's and OCI's form.
type Body struct {
	SchemaVersion int                `json:"schemaVersion"`
	MediaType     string             `json:"mediaType"`
	ArtifactType  string             `json:"artifactType"`
	Manifests     []specs.Descriptor `json:"manifests"`
	Config        *specs.Descriptor  `json:"config"`
	Layers        []specs.Descriptor `json:"layers"`
	Subject       *specs.Descriptor  `json:"subject"`
	Annotations   map[string]string  `json:"annotations"`
	// FSLayers exists in schema 1 only.
	FSLayers json.RawMessage `json:"fsLayers"`
}

// ParseManifest decodes a manifest or index. It never fails: what is wrong stands in Err and is a
// finding.
func ParseManifest(b []byte) *Manifest {
	m := &Manifest{Digest: digest.FromBytes(b), Size: int64(len(b))}
	if _, m.Err = weigh(b); m.Err != nil {
		return m
	}
	if err := json.Unmarshal(b, &m.Body); err != nil {
		m.Err = readable(err)
		return m
	}
	m.Ambiguous = ambiguities(b, m.Body)
	return m
}

// Shape tells what the document is by its content.
func (m *Manifest) Shape() Shape {
	b := m.Body
	isIndex, isManifest := b.Manifests != nil, b.Config != nil || b.Layers != nil
	switch {
	case m.Err != nil:
		return ShapeUnknown
	case isIndex && isManifest:
		return ShapeAmbiguous
	case b.SchemaVersion == 1 || b.FSLayers != nil:
		return ShapeSchema1
	case isIndex:
		return ShapeIndex
	case isManifest:
		return ShapeManifest
	default:
		return ShapeUnknown
	}
}

// readable turns a decoding error into words about the document instead of about Go types.
func readable(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field == "" {
		return fmt.Errorf("it is a JSON %s, expected %s", kind.Value, expected(kind.Type))
	}
	if kind != nil {
		return fmt.Errorf("its field %q holds a JSON %s, expected %s", kind.Field, kind.Value, expected(kind.Type))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected end") {
		return errors.New("its JSON breaks off")
	}
	return fmt.Errorf("it is not JSON as the specification has it (%w)", err)
}
