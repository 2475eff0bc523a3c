package cloudformation

// kept is why it makes no difference who listens to a topic.
const kept = "the rehearsal keeps what a topic is told, and sends nothing on"

func init() {
	describe("AWS::Chatbot::SlackChannelConfiguration", descriptor{ignored: kept})
	describe("AWS::CodeStarNotifications::NotificationRule", descriptor{ignored: "nobody is notified of a rehearsal"})
	describe("AWS::CDK::Metadata", descriptor{ignored: "it counts the use of constructs"})
}
