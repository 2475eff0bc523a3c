package cloudformation

func init() {
	describe("AWS::SNS::Topic", descriptor{
		read: (*loader).topic, access: true, name: "TopicName", arn: regional("sns", "%s"), ref: arnOf,
		attributes:    map[string]func(identity) string{"TopicArn": arnOf, "TopicName": nameOf},
		withoutEffect: map[string]string{"DisplayName": describes, "Tags": describes},
	})
	describe("AWS::SNS::TopicPolicy", descriptor{read: (*loader).topicPolicy, access: true})
	describe("AWS::SNS::Subscription", descriptor{ignored: kept})
}

func (l *loader) topic(r *resource) { l.encrypted(r.arn, r.text("KmsMasterKeyId")) }

func (l *loader) topicPolicy(r *resource) {
	for _, arn := range r.texts("Topics") {
		l.resourcePolicy(r, arn, "PolicyDocument")
	}
}
