package scan

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/opencontainers/go-digest"
)

// ECR asks ECR, which also answers for Amazon Inspector.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
func ECR(cfg aws.Config) Scanner {
	client := ecr.NewFromConfig(cfg)
	return func(ctx context.Context, repository string, image digest.Digest) (Scan, error) {
		pages := ecr.NewDescribeImageScanFindingsPaginator(client, &ecr.DescribeImageScanFindingsInput{
			RepositoryName: &repository,
			ImageId:        &types.ImageIdentifier{ImageDigest: aws.String(image.String())},
			MaxResults:     aws.Int32(1000),
		})
		var s Scan
		for page := 0; page < maxPages && pages.HasMorePages(); page++ {
			out, err := pages.NextPage(ctx)
			var none *types.ScanNotFoundException
			switch {
			case errors.As(err, &none):
				// A scan on push begins a moment after the push.
				return Scan{State: Waiting, Status: "there is no scan"}, nil
			case err != nil:
				return Scan{}, err
			}
			if page == 0 {
				s = scanOf(out) // the counts are of all findings
			}
			s.Findings = append(s.Findings, findingsOf(out.ImageScanFindings)...)
		}
		return s, nil
	}
}

// maxPages bounds the findings that are looked at. Any that come after them count, accepted or not.
const maxPages = 20

func scanOf(out *ecr.DescribeImageScanFindingsOutput) Scan {
	s := Scan{State: Waiting, Status: "unknown", Counts: map[string]int{}}
	if status := out.ImageScanStatus; status != nil {
		s.State, s.Status = state(status.Status, aws.ToString(status.Description)), string(status.Status)
		if d := aws.ToString(status.Description); d != "" {
			s.Status += ": " + strings.TrimRight(d, ".")
		}
	}
	if out.ImageScanFindings == nil {
		return s
	}
	for severity, n := range out.ImageScanFindings.FindingSeverityCounts {
		s.Counts[strings.ToUpper(severity)] = int(n)
	}
	return s
}

func findingsOf(found *types.ImageScanFindings) []Finding {
	if found == nil {
		return nil
	}
	var all []Finding
	for _, f := range found.Findings { // of basic scanning
		one := Finding{Name: aws.ToString(f.Name), Severity: strings.ToUpper(string(f.Severity))}
		attributes := map[string]string{}
		for _, a := range f.Attributes {
			attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		one.Package = strings.TrimSpace(attributes["package_name"] + " " + attributes["package_version"])
		all = append(all, one)
	}
	for _, f := range found.EnhancedFindings { // of Inspector
		one := Finding{Name: aws.ToString(f.Title), Severity: strings.ToUpper(aws.ToString(f.Severity))}
		if d := f.PackageVulnerabilityDetails; d != nil {
			one.Name = aws.ToString(d.VulnerabilityId)
			if len(d.VulnerablePackages) > 0 {
				one.Package = strings.TrimSpace(aws.ToString(d.VulnerablePackages[0].Name) + " " +
					aws.ToString(d.VulnerablePackages[0].Version))
			}
		}
		all = append(all, one)
	}
	return all
}

// state sorts ECR's words. ACTIVE is Inspector's for an image that was scanned and goes on being
// watched.
func state(status types.ScanStatus, description string) State {
	switch status {
	case types.ScanStatusComplete, types.ScanStatusActive:
		return Done
	case types.ScanStatusInProgress, types.ScanStatusPending:
		return Waiting
	case types.ScanStatusUnsupportedImage:
		return Unscannable
	}
	// Basic scanning has no status of its own for an image whose distribution it does not know.
	if strings.HasPrefix(description, "UnsupportedImageError") {
		return Unscannable
	}
	return Broken
}
