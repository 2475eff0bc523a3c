package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

func getLoginPassword(ctx context.Context, client *ecr.Client, out io.Writer) error {
	answer, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return err
	}
	if len(answer.AuthorizationData) != 1 {
		return fmt.Errorf("got %d tokens, expected 1", len(answer.AuthorizationData))
	}
	token, err := base64.StdEncoding.DecodeString(aws.ToString(answer.AuthorizationData[0].AuthorizationToken))
	if err != nil {
		return err
	}
	_, password, ok := strings.Cut(string(token), ":")
	if !ok {
		return errors.New("the authorization token has no password")
	}
	_, err = fmt.Fprintln(out, password)
	return err
}

func putImage(ctx context.Context, client *ecr.Client, c command, out io.Writer) error {
	in := &ecr.PutImageInput{}
	for name, field := range map[string]**string{
		"registry-id":               &in.RegistryId,
		"repository-name":           &in.RepositoryName,
		"image-manifest":            &in.ImageManifest,
		"image-manifest-media-type": &in.ImageManifestMediaType,
		"image-tag":                 &in.ImageTag,
		"image-digest":              &in.ImageDigest,
	} {
		if value, ok := c.options[name]; ok {
			*field = aws.String(value)
		}
	}
	answer, err := client.PutImage(ctx, in)
	if err != nil {
		return err
	}
	id := map[string]string{"imageDigest": aws.ToString(answer.Image.ImageId.ImageDigest)}
	if tag := aws.ToString(answer.Image.ImageId.ImageTag); tag != "" {
		id["imageTag"] = tag
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "    ")
	return e.Encode(map[string]any{"image": map[string]any{
		"registryId":             aws.ToString(answer.Image.RegistryId),
		"repositoryName":         aws.ToString(answer.Image.RepositoryName),
		"imageId":                id,
		"imageManifest":          aws.ToString(answer.Image.ImageManifest),
		"imageManifestMediaType": aws.ToString(answer.Image.ImageManifestMediaType),
	}})
}
