package stacks

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"archway/config"
)

// What CloudFormation takes at most:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
// (template body, resources)
const (
	maxTemplate  = 1_000_000 // bytes, of a template that is uploaded to S3, as the CDK does
	maxResources = 500
)

// tooLarge tells of the templates of a cloud assembly that CloudFormation would refuse when they
// are deployed. The folder may hold others, of stacks that are configured no more.
func tooLarge(dir string) error {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ TemplateFile string }
		}
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return err
	}
	var found []error
	for _, name := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		if artifact := manifest.Artifacts[name]; artifact.Type == "aws:cloudformation:stack" {
			found = append(found, fits(name, filepath.Join(dir, artifact.Properties.TemplateFile)))
		}
	}
	return errors.Join(found...)
}

func fits(stack, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var template struct{ Resources map[string]struct{} }
	if err := readJSON(path, &template); err != nil {
		return err
	}
	size, resources := info.Size(), len(template.Resources)
	if size <= maxTemplate && resources <= maxResources {
		return nil
	}
	return fmt.Errorf("%s: the template has %d bytes and %d resources, and CloudFormation takes at most %d and %d: build some of the "+
		"pipeline's images in another pipeline, with \"existing\" for the same source repository; a template holds "+
		"about %d images of two platforms, and %d with all options",
		stack, size, resources, maxTemplate, maxResources, config.FitTemplate, config.FitWithAll)
}
