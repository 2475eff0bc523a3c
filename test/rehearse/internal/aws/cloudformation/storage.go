package cloudformation

import (
	"cmp"
	"strings"
)

// repository reads a CodeCommit repository.
func (l *loader) repository(id string, p *properties) {
	name := p.required("RepositoryName")
	arn, _ := l.arnOf(p.kind, name)
	r := Repository{Name: name, ARN: arn, ID: repositoryID(l.stack.Name, id)}
	if len(p.objects("Triggers")) > 0 {
		p.fail("Triggers", "the rehearsal does not support a repository's triggers; pushes are events")
	}
	code := p.object("Code")
	if code.values != nil {
		r.SeedBranch = code.text("BranchName")
		if r.SeedBranch == "" {
			r.SeedBranch = "main" // CloudFormation's default
		}
		s3 := code.object("S3")
		s3.required("Bucket")
		if asset, err := l.source.Asset(s3.required("Key")); err != nil {
			s3.fail("Key", "%v", err)
		} else {
			r.Seed = &asset
		}
	}
	l.stack.Repositories = append(l.stack.Repositories, r)
}

// registry reads an ECR repository.
func (l *loader) registry(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("RepositoryName", "%v", err)
	}
	p.text("RepositoryName")
	arn, _ := l.arnOf(p.kind, name)
	r := Registry{Name: name, ARN: arn, Mutability: p.text("ImageTagMutability")}
	if r.Mutability == "" {
		r.Mutability = "MUTABLE"
	}
	for _, filter := range p.objects("ImageTagMutabilityExclusionFilters") {
		filter.oneOf("ImageTagMutabilityExclusionFilterType", "WILDCARD")
		r.Exclusions = append(r.Exclusions, filter.required("ImageTagMutabilityExclusionFilterValue"))
	}
	encryption := p.object("EncryptionConfiguration")
	r.Encryption = strings.TrimSpace(cmp.Or(encryption.text("EncryptionType"), "AES256") + " " + encryption.text("KmsKey"))
	l.resourcePolicy(id, arn, p, "RepositoryPolicyText")
	l.stack.Registries = append(l.stack.Registries, r)
}

// bucket reads an S3 bucket: here only pipelines keep artifacts in it.
func (l *loader) bucket(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("BucketName", "%v", err)
	}
	p.text("BucketName")
	arn, _ := l.arnOf(p.kind, name)
	l.bucketKey(arn, p)
	if p.object("NotificationConfiguration").values != nil {
		p.fail("NotificationConfiguration", "the rehearsal does not support events of a bucket")
	}
}
