package facts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"archway/test/confirm/internal/account"
)

// store is a repository of ECR as a client of the registry's protocol sees it.
type store struct {
	*account.Session
	name, base, authorization string
}

func newStore(ctx context.Context, s *account.Session, what string) (store, error) {
	repository, err := s.Images(ctx, what)
	if err != nil {
		return store{}, err
	}
	token, err := s.ECR.GetAuthorizationToken(ctx, nil)
	if err != nil {
		return store{}, err
	}
	if len(token.AuthorizationData) == 0 {
		return store{}, errors.New("ECR gave no authorization token")
	}
	secret := aws.ToString(token.AuthorizationData[0].AuthorizationToken)
	s.Secret(secret)
	if plain, err := base64.StdEncoding.DecodeString(secret); err == nil {
		_, password, _ := strings.Cut(string(plain), ":")
		s.Secret(password)
	}
	name := aws.ToString(repository.RepositoryName)
	host, _, _ := strings.Cut(aws.ToString(repository.RepositoryUri), "/")
	return store{Session: s, name: name, base: "https://" + host + "/v2/" + name, authorization: "Basic " + secret}, nil
}

// answer is what the registry said.
type answer struct {
	status   int
	location string
	text     string
}

func (a answer) String() string { return strings.TrimSpace(fmt.Sprintf("%d %.300s", a.status, a.text)) }

func (r store) send(ctx context.Context, method, address, mediaType string, content []byte) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(content))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", r.authorization)
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	location := response.Header.Get("Location")
	if at, parse := request.URL.Parse(location); parse == nil {
		location = at.String()
	}
	return answer{response.StatusCode, location, string(text)}, err
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// descriptor of a content.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

// manifest of an image or an artifact.
type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	ArtifactType  string       `json:"artifactType,omitempty"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
	Subject       *descriptor  `json:"subject,omitempty"`
}

const manifestType = "application/vnd.oci.image.manifest.v1+json"

// blob uploads a content.
func (r store) blob(ctx context.Context, mediaType, content string) (descriptor, error) {
	d := descriptor{mediaType, digestOf([]byte(content)), len(content)}
	begun, err := r.send(ctx, http.MethodPost, r.base+"/blobs/uploads/", "", nil)
	if err != nil {
		return d, err
	}
	if begun.status != http.StatusAccepted {
		return d, fmt.Errorf("an upload was answered by %v", begun)
	}
	sent, err := r.send(ctx, http.MethodPatch, begun.location, "application/octet-stream", []byte(content))
	if err != nil {
		return d, err
	}
	if sent.status != http.StatusAccepted {
		return d, fmt.Errorf("a part of an upload was answered by %v", sent)
	}
	at, err := url.Parse(sent.location)
	if err != nil {
		return d, err
	}
	query := at.Query()
	query.Set("digest", d.Digest)
	at.RawQuery = query.Encode()
	done, err := r.send(ctx, http.MethodPut, at.String(), "application/octet-stream", nil)
	if err == nil && done.status != http.StatusCreated {
		err = fmt.Errorf("the end of an upload was answered by %v", done)
	}
	return d, err
}

// layerContent is no archive; nobody runs the image.
const layerContent = "a layer that is none, of make confirm"

// image uploads an image's blobs, and gives its manifest.
func (r store) image(ctx context.Context) ([]byte, error) {
	config, err := r.blob(ctx, "application/vnd.oci.image.config.v1+json",
		`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["`+
			digestOf([]byte(layerContent))+`"]}}`)
	if err != nil {
		return nil, err
	}
	layer, err := r.blob(ctx, "application/vnd.oci.image.layer.v1.tar", layerContent)
	if err != nil {
		return nil, err
	}
	return json.Marshal(manifest{SchemaVersion: 2, MediaType: manifestType, Config: config,
		Layers: []descriptor{layer}})
}

// put writes a manifest by its digest, as BuildKit and the promoter do.
func (r store) put(ctx context.Context, content []byte) (answer, error) {
	return r.send(ctx, http.MethodPut, r.base+"/manifests/"+digestOf(content), manifestType, content)
}

// pushed is an image in the repository.
func (r store) pushed(ctx context.Context) (content []byte, err error) {
	if content, err = r.image(ctx); err != nil {
		return nil, err
	}
	a, err := r.put(ctx, content)
	if err == nil && a.status != http.StatusCreated {
		err = fmt.Errorf("an image pushed by digest was answered by %v", a)
	}
	return content, err
}

// artifact is the manifest of something that belongs to an image, as BuildKit from 0.32 on writes
// attestations.
func (r store) artifact(ctx context.Context, subject []byte) ([]byte, error) {
	config, err := r.blob(ctx, "application/vnd.oci.empty.v1+json", "{}")
	if err != nil {
		return nil, err
	}
	layer, err := r.blob(ctx, "application/vnd.in-toto+json", `{"_type":"https://in-toto.io/Statement/v0.1"}`)
	if err != nil {
		return nil, err
	}
	return json.Marshal(manifest{
		SchemaVersion: 2, MediaType: manifestType, ArtifactType: "application/vnd.docker.attestation.manifest.v1+json",
		Config: config, Layers: []descriptor{layer},
		Subject: &descriptor{manifestType, digestOf(subject), len(subject)},
	})
}

// described are the images that DescribeImages lists, with their push times, as soon as it knows
// this one.
func (r store) described(ctx context.Context, known []byte) (all map[string]string, err error) {
	err = r.Wait(ctx, "the image in DescribeImages", func() (bool, error) {
		all, err = r.listed(ctx)
		return all[digestOf(known)] != "", err
	})
	return all, err
}

func (r store) listed(ctx context.Context) (map[string]string, error) {
	out, err := r.ECR.DescribeImages(ctx, &ecr.DescribeImagesInput{RepositoryName: &r.name})
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, d := range out.ImageDetails {
		all[aws.ToString(d.ImageDigest)] = aws.ToTime(d.ImagePushedAt).UTC().Format("15:04:05.000")
	}
	return all, nil
}
