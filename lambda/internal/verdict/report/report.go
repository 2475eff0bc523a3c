// Package report makes texts of verdicts and findings, for everybody who is told of them: logs, the
// console, mails, and the command line, whose JSON docs/validate.schema.json describes. Its fields
// are only ever added.
package report

import (
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/pull"
	"archway/lambda/internal/verdict/check"
)

//go:generate go test -run ^TestSchemaFollowsTheTypes$ . -update

// Document is the verdict on all images that were asked about.
type Document struct {
	// Whether every image is valid.
	Valid bool `json:"valid"`
	// The images, in the order in which they were named.
	Images []Image `json:"images"`
}

// Image is the verdict on one image.
type Image struct {
	// The image as it was named.
	Image string `json:"image"`
	// Whether no finding is an error. It is false too if the registry could not be asked.
	Valid bool `json:"valid"`
	// Why the registry could not be asked. Nothing is known about the image then, and there are no
	// findings.
	Error string `json:"error,omitempty"`
	// Digest of the index, or of what stands in its place.
	Digest string `json:"digest,omitempty"`
	// Media type that the index declares.
	MediaType string `json:"mediaType,omitempty"`
	// The images in the index, in its order, without attestations.
	Platforms []Platform `json:"platforms"`
	// What ordinary nodes pull: one item for an amd64 node and one for an arm64 node.
	Nodes []Node `json:"nodes"`
	// What the checks noticed, errors first.
	Findings []Finding `json:"findings"`
}

// Platform is an image in the index.
type Platform struct {
	// The platform, such as linux/arm64/v8; in parentheses what stands in its place.
	Platform string `json:"platform"`
	// Digest of the image's manifest.
	Digest string `json:"digest"`
	// The commit that the image's label org.opencontainers.image.revision names.
	Revision string `json:"revision,omitempty"`
	// The types of the in-toto statements that the index holds about the image, such as
	// https://slsa.dev/provenance/v0.2.
	Attestations []string `json:"attestations,omitempty"`
	// What would start in a Linux image, from its entrypoint on: the programs that were looked at.
	// Missing: nothing was, such as where a layer is missing.
	Starts []Start `json:"starts,omitempty"`
	// The layers that were not read to their ends, so that their bytes are not proven to be those
	// that their digests name. Missing: all were read, as with --deep.
	Unread []Unread `json:"unread,omitempty"`
}

// Unread is a layer that was not read to its end.
type Unread struct {
	// Digest of the layer.
	Digest string `json:"digest"`
	// How many of its bytes were read.
	Read int64 `json:"read"`
	// How many bytes it has.
	Size int64 `json:"size"`
}

// Node is what a kind of node pulls.
type Node struct {
	// The kind of node, such as linux/arm64.
	Node string `json:"node"`
	// What containerd pulls by default (platforms.Only). Missing: it finds no image.
	Containerd *Pulled `json:"containerd,omitempty"`
	// What containerd pulls by its strict rule (platforms.OnlyStrict). Missing: it finds no image.
	ContainerdStrict *Pulled `json:"containerdStrict,omitempty"`
	// What CRI-O pulls, which compares platforms letter by letter. Missing: it finds no image.
	CRIO *Pulled `json:"crio,omitempty"`
}

// Pulled is an image that a node pulls.
type Pulled struct {
	// The platform that the image is offered for.
	Platform string `json:"platform"`
	// Digest of the image's manifest.
	Digest string `json:"digest"`
}

// Finding is one thing that a check noticed.
type Finding struct {
	// Name of the check; validate --help lists them.
	Check string `json:"check"`
	// How much it weighs. An image with an error is not valid.
	Severity check.Severity `json:"severity"`
	// What it is about.
	Subject check.Subject `json:"subject"`
	// The whole sentence: the subject, what was found and expected, and the cure.
	Message string `json:"message"`
	// What to do about it.
	Cure string `json:"cure,omitempty"`
	// What the finding would be without a downgrade by configuration, and the downgrade's reason.
	Downgraded *check.Downgraded `json:"downgraded,omitempty"`
}

// Add adds the verdict on an image, or the error why there is none.
func (d *Document) Add(image string, v check.Verdict, err error) {
	one := Image{Image: image, Platforms: []Platform{}, Nodes: []Node{}, Findings: []Finding{}}
	if err != nil {
		one.Error = err.Error()
	} else {
		one.fill(v)
	}
	d.Valid = (d.Valid || len(d.Images) == 0) && one.Valid
	d.Images = append(d.Images, one)
}

func (one *Image) fill(v check.Verdict) {
	one.Valid = v.Valid()
	one.Digest = v.Image.Digest.String()
	if v.Image.Root != nil {
		one.MediaType = v.Image.Root.Body.MediaType
	}
	for _, e := range v.Image.Images() {
		p := Platform{Platform: platformOf(e), Digest: e.Descriptor.Digest.String(),
			Attestations: v.Image.Predicates(e), Starts: starts(e)}
		if e.Config != nil {
			p.Revision = e.Config.Run.Labels[index.RevisionLabel]
		}
		for _, u := range e.Unread() {
			p.Unread = append(p.Unread, Unread{Digest: u.Digest.String(), Read: u.Read, Size: u.Size})
		}
		one.Platforms = append(one.Platforms, p)
	}
	for _, c := range pull.Choices(v.Image) {
		one.Nodes = append(one.Nodes,
			Node{Node: c.Node, Containerd: pulled(c.Containerd), ContainerdStrict: pulled(c.Strict),
				CRIO: pulled(c.CRIO)})
	}
	for _, f := range v.Findings {
		one.Findings = append(one.Findings, Finding{
			Check: f.Check, Severity: f.Severity, Subject: f.Subject, Message: f.Message(), Cure: f.Cure,
			Downgraded: f.Downgraded,
		})
	}
}

func pulled(e *index.Entry) *Pulled {
	if e == nil {
		return nil
	}
	return &Pulled{Platform: platformOf(e), Digest: e.Descriptor.Digest.String()}
}

// platformOf names what an entry is for.
func platformOf(e *index.Entry) string {
	switch p := e.Descriptor.Platform; {
	case e.Role() == index.RoleAttestation:
		return "(attestation)"
	case e.Role() == index.RoleIndex:
		return "(index)"
	case e.Role() == index.RoleBlob:
		return "(no manifest)"
	case e.Role() == index.RoleArtifact:
		return "(artifact)"
	case p != nil:
		return index.Name(p)
	case e.Config != nil:
		config := e.Config.Platform()
		return index.Name(&config)
	default:
		return "(none)"
	}
}
