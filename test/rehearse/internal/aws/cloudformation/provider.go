package cloudformation

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/document"
)

// AutoDelete is the type of the CDK's resource that empties a bucket before the stack deletes it.
// The rehearsal deletes no stack, and the resource does nothing before that: its function's answer
// to the creation is empty.
const AutoDelete = "Custom::S3AutoDeleteObjects"

// autoDeleteTag is the tag without which that function leaves a bucket alone; so it stands in its
// code.
const autoDeleteTag = "aws-cdk:auto-delete-objects"

func init() { describe(AutoDelete, descriptor{read: (*loader).autoDeletion}) }

// Provider is a function that CloudFormation calls when it makes, changes and deletes a custom
// resource. It is known what it does, and it does not run here.
type Provider struct {
	// Type is that of the custom resource.
	Type                         string
	Name, ARN, RoleARN, LogGroup string
}

// findProviders looks for the functions behind the custom resources, which are read before the
// functions are.
func (l *loader) findProviders() error {
	for id, r := range l.template.Resources {
		if r.Type != AutoDelete {
			continue
		}
		path := "Resources." + id + ".Properties.ServiceToken"
		token, err := l.resolver.Resolve(path, r.Properties["ServiceToken"])
		if err != nil {
			return err
		}
		arn, ok := document.Text(token)
		if !ok {
			return fmt.Errorf("%s: got %s, expected the ARN of a function", path, document.Show(token))
		}
		l.providers[arn] = r.Type
	}
	return nil
}

// autoDeletion reads the resource that empties a bucket.
func (l *loader) autoDeletion(r *resource) {
	r.required("ServiceToken")
	r.required("BucketName")
}

// provider reads a function that does not run here. Its code must be the one that is known: any
// other could do anything when the stack is deployed.
func (l *loader) provider(r *resource) {
	provider := Provider{
		Type: l.providers[r.arn], Name: r.name, ARN: r.arn,
		RoleARN: r.required("Role"), LogGroup: logGroupOf(r.name, r.object("LoggingConfig")),
	}
	r.oneOf("Handler", "index.handler")
	for _, property := range []string{"Runtime", "Timeout", "MemorySize"} {
		r.get(property) // they are about the run
	}
	code := r.object("Code")
	code.required("S3Bucket")
	asset, err := l.source.Asset(code.required("S3Key"))
	if err == nil {
		err = checkAutoDelete(asset)
	}
	if err != nil {
		code.fail("S3Key", "%v", err)
	}
	l.stack.add(provider)
}

func checkAutoDelete(asset assembly.Asset) error {
	dir, err := os.MkdirTemp("", "provider-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := asset.Unpack(dir); err != nil {
		return err
	}
	code, err := os.ReadFile(filepath.Join(dir, "index.js"))
	if err != nil || !bytes.Contains(code, []byte(autoDeleteTag)) {
		return fmt.Errorf("the code is not the CDK's function behind %s (its index.js names no tag %s): "+
			"the rehearsal does not know what it does", AutoDelete, autoDeleteTag)
	}
	return nil
}
