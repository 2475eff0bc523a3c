package cloudformation

func init() {
	describe("AWS::Logs::LogGroup", descriptor{
		read: (*loader).logGroup, access: true, name: "LogGroupName", arn: regional("logs", "log-group:%s:*"),
		withoutEffect: map[string]string{
			"LogGroupClass":   "logs are files of the rehearsal",
			"RetentionInDays": "logs are files that are deleted with the rehearsal",
			"Tags":            describes,
		},
	})
}

func (l *loader) logGroup(r *resource) { l.encrypted(r.arn, r.text("KmsKeyId")) }
