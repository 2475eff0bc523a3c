package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

func getLoginPassword(ctx context.Context, s session) error {
	answer, err := ecr.NewFromConfig(s.settings).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
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
	_, err = fmt.Fprintln(s.out, password)
	return err
}

func putImage(ctx context.Context, s session) error {
	_, err := ecr.NewFromConfig(s.settings).PutImage(ctx, &ecr.PutImageInput{
		RegistryId:             s.option("registry-id"),
		RepositoryName:         s.option("repository-name"),
		ImageManifest:          s.option("image-manifest"),
		ImageManifestMediaType: s.option("image-manifest-media-type"),
		ImageTag:               s.option("image-tag"),
		ImageDigest:            s.option("image-digest"),
	})
	if err != nil {
		return err
	}
	answer, err := s.answers.decode()
	if err != nil {
		return err
	}
	return write(s.out, answer)
}
