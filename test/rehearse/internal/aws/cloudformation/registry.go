package cloudformation

import (
	"cmp"
	"fmt"
	"strings"

	"archway/test/rehearse/internal/aws/cloudformation/template"
)

const registryType = "AWS::ECR::Repository"

func init() {
	describe(registryType, descriptor{
		read: (*loader).registry, access: true,
		name: "RepositoryName", lowercase: true, arn: regional("ecr", "repository/%s"),
		attributes: map[string]func(identity) string{"RepositoryUri": func(i identity) string {
			return fmt.Sprintf("%s.dkr.ecr.%s.%s/%s", i.account.ID, i.account.Region, i.account.URLSuffix, i.name)
		}},
		holds: func(r template.Resource) bool { return r.Properties["EmptyOnDelete"] != true },
		withoutEffect: map[string]string{
			"EmptyOnDelete":              deletion,
			"ImageScanningConfiguration": "every image is scanned here, as if at once",
			"LifecyclePolicy":            expires,
			"Tags":                       describes,
		},
	})
}

// Registry is an ECR repository.
type Registry struct {
	Name, ARN  string
	Mutability string
	Exclusions []string
	// Encryption is the type and the key, as one text.
	Encryption string
}

// registry reads an ECR repository.
func (l *loader) registry(r *resource) {
	registry := Registry{Name: r.name, ARN: r.arn, Mutability: r.text("ImageTagMutability")}
	if registry.Mutability == "" {
		registry.Mutability = "MUTABLE"
	}
	for _, filter := range r.objects("ImageTagMutabilityExclusionFilters") {
		filter.oneOf("ImageTagMutabilityExclusionFilterType", "WILDCARD")
		registry.Exclusions = append(registry.Exclusions, filter.required("ImageTagMutabilityExclusionFilterValue"))
	}
	encryption := r.object("EncryptionConfiguration")
	registry.Encryption = strings.TrimSpace(
		cmp.Or(encryption.text("EncryptionType"), "AES256") + " " + encryption.text("KmsKey"))
	l.resourcePolicy(r, r.arn, "RepositoryPolicyText")
	l.stack.add(registry)
}
