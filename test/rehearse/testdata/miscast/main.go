// Miscast is a build tool gone wrong: it pushes an image again as an index whose
// entry says what it said before, and whose config names another architecture.
//
//	miscast REPOSITORY@DIGEST ARCHITECTURE
//
// It prints the index's digest.
package main

import (
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func main() {
	digest, err := run(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

func run(reference, architecture string) (v1.Hash, error) {
	login := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	ref, err := name.NewDigest(reference)
	if err != nil {
		return v1.Hash{}, err
	}
	index, err := remote.Index(ref, login)
	if err != nil {
		return v1.Hash{}, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return v1.Hash{}, err
	}
	entry := manifest.Manifests[0] // the image; its attestation follows
	image, err := index.Image(entry.Digest)
	if err != nil {
		return v1.Hash{}, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return v1.Hash{}, err
	}
	config.Architecture = architecture
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return v1.Hash{}, err
	}
	wrong := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: entry.Platform}})
	digest, err := wrong.Digest()
	if err != nil {
		return v1.Hash{}, err
	}
	return digest, remote.WriteIndex(ref.Context().Digest(digest.String()), wrong, login)
}
