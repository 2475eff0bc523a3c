package cloudformation

import "strings"

func init() {
	describe("AWS::Signer::SigningProfile", descriptor{
		// The ARN has an empty part before its path.
		// https://docs.aws.amazon.com/signer/latest/developerguide/security_iam_service-with-iam.html
		read: (*loader).signingProfile, access: true, name: "ProfileName",
		arn:           regional("signer", "/signing-profiles/%s"),
		withoutEffect: map[string]string{"SignatureValidityPeriod": "nothing is signed here", "Tags": describes},
	})
	describe("AWS::ECR::SigningConfiguration", descriptor{read: (*loader).signing, access: true})
}

// signingProfile reads a profile of AWS Signer. Nothing is signed here: its name and
// ARN are what others refer to.
func (l *loader) signingProfile(r *resource) {
	r.oneOf("PlatformId", "Notation-OCI-SHA384-ECDSA")
}

// signing reads which repositories' images ECR signs, and with which profile.
func (l *loader) signing(r *resource) {
	for _, rule := range r.objects("Rules") {
		profile := rule.required("SigningProfileArn")
		for _, filter := range rule.objects("RepositoryFilters") {
			filter.oneOf("FilterType", "WILDCARD_MATCH")
			name := filter.required("Filter")
			if strings.Contains(name, "*") {
				filter.fail("Filter", "%q: the rehearsal supports whole names only", name)
				continue
			}
			l.stack.Access.Signed[l.arnOf(registryType, name)] = profile
		}
	}
}
