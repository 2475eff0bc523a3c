package index

import (
	"slices"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/rootfs"
)

// State is what came of reading something that a descriptor names.
type State int

// What can come of reading.
const (
	// NotRead is what was not asked for: its type or digest says that it can't be what is wanted,
	// or a limit was reached.
	NotRead State = iota
	// Read is what is there, with the bytes that its digest names.
	Read
	// Missing is what the registry doesn't have.
	Missing
	// OtherBytes is what the registry serves with bytes that have another digest.
	OtherBytes
	// TooLarge is what is larger than this program reads.
	TooLarge
)

// Image is everything that was read about one image, unjudged.
type Image struct {
	// Digest is the one that was asked for.
	Digest digest.Digest
	State  State
	// Root is nil unless State is Read or OtherBytes.
	Root *Manifest
	// Entries are the root's entries in their order, each followed by those of the index that it
	// may be. A root that is a single image is its own and only entry.
	Entries []*Entry
	// Single says that the root is an image and not an index.
	Single bool
	// Limits are those that were met, so that not all was read.
	Limits []Limit
	// Builds are the results that builds reported, by platform key.
	Builds map[string]*Build
}

// Limit says what was not read because it goes beyond a limit, and how to come below that.
type Limit struct{ Text, Cure string }

// Entry is one entry of the index.
type Entry struct {
	// Where is the place in the index, such as "manifests[1]".
	Where      string
	Depth      int
	Parent     *Manifest
	Descriptor specs.Descriptor
	State      State
	// Behind says that an image for the very same platform stands before the entry, so that every
	// runtime takes that one.
	Behind bool
	// Loop says that the entry leads back to an index that it is part of.
	Loop bool
	// Manifest is nil unless State is Read or OtherBytes.
	Manifest *Manifest
	// Config is that of an image. Nil if it was not read, or ConfigErr says why it couldn't be
	// decoded.
	Config      *Config
	ConfigState State
	ConfigSize  int64
	ConfigErr   error
	// Blobs are the layers and, last, the config where it is not an image's.
	Blobs []*Blob
	// Start is what would start in an image, if ReadLayers was asked and could look.
	Start *Started
	// Provenance are statements about how an image was built, if they were asked for by
	// ReadProvenance.
	Provenance []Attached
	// Bills are statements with bills of materials about an image, if they were asked for by
	// ReadBills.
	Bills []Attached
}

// Blob is one layer, or another blob that a manifest names.
type Blob struct {
	Descriptor specs.Descriptor
	// State is Read when the registry has it.
	State State
	// Content is how far a layer's bytes were read, and what came of it. Nil if they weren't.
	Content *rootfs.Reading
	// Stored is the size that the registry reports, or -1.
	Stored int64
}

// Build is an image or index that a build reported to have pushed.
type Build struct {
	Digest digest.Digest
	State  State
	// Entries are those of the index that the build pushed. Empty where it pushed a single image.
	Entries []specs.Descriptor
}

// Role is what an entry is there for.
type Role int

// The roles of entries.
const (
	// RoleImage is an image for a platform.
	RoleImage Role = iota
	// RoleAttestation says something about another entry: provenance, or a bill of materials.
	RoleAttestation
	// RoleIndex is an index inside the index.
	RoleIndex
	// RoleArtifact is a manifest that no runtime starts: it claims no platform, or stands behind
	// the image of its platform, as SOCI's indexes do.
	RoleArtifact
	// RoleBlob is a layer or other blob that stands where a manifest belongs.
	RoleBlob
)

// BuildKit's annotations of an attestation's descriptor
// (https://docs.docker.com/build/metadata/attestations/attestation-storage/).
const (
	ReferenceType   = "vnd.docker.reference.type"
	ReferenceDigest = "vnd.docker.reference.digest"
	Attestation     = "attestation-manifest"
)

// Role tells what the entry is there for, by its descriptor first and its content where the
// descriptor leaves it open.
func (e *Entry) Role() Role {
	d := e.Descriptor
	switch {
	case IsIndexType(d.MediaType):
		return RoleIndex
	case d.MediaType != "" && !IsManifestType(d.MediaType) && !IsSchema1Type(d.MediaType):
		return RoleBlob
	case d.Annotations[ReferenceType] == Attestation, e.UnknownPlatform():
		return RoleAttestation
	case e.Manifest != nil && e.Manifest.Shape() == ShapeIndex:
		return RoleIndex
	case d.Platform == nil && e.isArtifact(), e.Behind && (e.holdsNoImage() || lazy(d.Platform)):
		return RoleArtifact
	default:
		return RoleImage
	}
}

// UnknownPlatform reports whether the entry declares the platform unknown/unknown, which keeps
// runtimes from pulling it.
func (e *Entry) UnknownPlatform() bool {
	p := e.Descriptor.Platform
	return p != nil && p.OS == "unknown" && p.Architecture == "unknown"
}

func (e *Entry) isArtifact() bool {
	if e.Descriptor.ArtifactType != "" {
		return true
	}
	if e.Manifest == nil {
		return false
	}
	config := e.Manifest.Body.Config
	return e.Manifest.Body.ArtifactType != "" || config != nil && !IsConfigType(config.MediaType) &&
		config.MediaType != CacheConfig
}

// holdsNoImage reports whether the manifest is one of an artifact, whatever its descriptor says of
// it.
func (e *Entry) holdsNoImage() bool {
	if e.Manifest == nil || e.Manifest.Body.Config == nil {
		return false
	}
	config := e.Manifest.Body.Config.MediaType
	return e.isArtifact() && !IsConfigType(config) && config != CacheConfig
}

// ZstdAnnotation marks an entry for those who understand zstd: between two equal entries CRI-O and
// Podman take it.
const ZstdAnnotation = "io.github.containers.compression.zstd"

// MarkedZstd reports whether the entry carries that mark.
func (e *Entry) MarkedZstd() bool { return e.Descriptor.Annotations[ZstdAnnotation] == "true" }

// nydusFeature marks an image whose layers only nydus unpacks, which brings it beside the ordinary
// image of the same platform ("nydusify convert --merge-platform"). Matchers that know os.features
// leave it to those who ask for it; others take the first.
const nydusFeature = "nydus.remoteimage.v1"

// lazy reports whether a platform carries that mark.
func lazy(p *specs.Platform) bool { return p != nil && slices.Contains(p.OSFeatures, nydusFeature) }

// order marks the entries of one index that stand behind the image of their platform. The letters
// are compared: of two spellings of one platform, each is the first for some runtime.
func order(entries []*Entry) {
	first := map[string]bool{}
	for _, e := range entries {
		p := e.Descriptor.Platform
		if p == nil {
			continue
		}
		name := Name(p)
		if lazy(p) {
			name = Name(&specs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
		}
		e.Behind = first[name] && !e.MarkedZstd()
		if e.Role() == RoleImage && !lazy(p) {
			first[name] = true
		}
	}
}

// Images are the entries that runtimes pull.
func (i *Image) Images() []*Entry { return i.with(RoleImage) }

// Attestations are the entries that say something about others.
func (i *Image) Attestations() []*Entry { return i.with(RoleAttestation) }

func (i *Image) with(role Role) []*Entry {
	var found []*Entry
	for _, e := range i.Entries {
		if e.Role() == role {
			found = append(found, e)
		}
	}
	return found
}

// Holds reports whether a digest is what the build pushed, or the part of it for a platform.
func (b *Build) Holds(d digest.Digest, platform string) bool {
	return b.Digest == d || slices.ContainsFunc(b.Entries, func(e specs.Descriptor) bool {
		return e.Digest == d && (e.Platform == nil || Key(*e.Platform) == platform)
	})
}

// Attests reports whether a digest is an attestation that the build pushed along.
func (b *Build) Attests(d digest.Digest) bool {
	return slices.ContainsFunc(b.Entries, func(e specs.Descriptor) bool { return e.Digest == d })
}
