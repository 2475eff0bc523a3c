package cloudformation

import (
	"fmt"
	"strings"
)

// signingProfile reads a profile of AWS Signer. Nothing is signed here: its name and
// ARN are what others refer to.
func (l *loader) signingProfile(id string, p *properties) {
	if _, err := l.name(id); err != nil {
		p.fail("ProfileName", "%v", err)
	}
	p.text("ProfileName")
	p.oneOf("PlatformId", "Notation-OCI-SHA384-ECDSA")
}

// signing reads which repositories' images ECR signs, and with which profile.
func (l *loader) signing(id string, p *properties) {
	for _, rule := range p.objects("Rules") {
		profile := rule.required("SigningProfileArn")
		for _, filter := range rule.objects("RepositoryFilters") {
			filter.oneOf("FilterType", "WILDCARD_MATCH")
			name := filter.required("Filter")
			if strings.Contains(name, "*") {
				filter.fail("Filter", "%q: the rehearsal supports whole names only", name)
				continue
			}
			l.stack.Access.Signed[l.arn("ecr", "repository/"+name)] = profile
		}
	}
}

// arnOfProfile has an empty part before its path.
// https://docs.aws.amazon.com/signer/latest/developerguide/security_iam_service-with-iam.html
func (l *loader) arnOfProfile(name string) string {
	return l.arn("signer", fmt.Sprintf("/signing-profiles/%s", name))
}
