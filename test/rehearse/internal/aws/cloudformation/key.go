package cloudformation

const keyType = "AWS::KMS::Key"

func init() {
	describe(keyType, descriptor{
		read: (*loader).key, access: true, arn: regional("kms", "key/%s"),
		withoutEffect: map[string]string{
			"Description":         describes,
			"EnableKeyRotation":   "nothing here is that old",
			"KeySpec":             encryption,
			"KeyUsage":            encryption,
			"MultiRegion":         encryption,
			"PendingWindowInDays": deletion,
			"Tags":                describes,
		},
	})
	describe("AWS::KMS::Alias", descriptor{ignored: encryption})
}

func (l *loader) key(r *resource) { l.resourcePolicy(r, r.arn, "KeyPolicy") }
