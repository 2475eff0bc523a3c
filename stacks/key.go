package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
)

// newKey adds the key that encrypts everything the stack keeps, if there is to be one.
func newKey(stack awscdk.Stack, cfg *config.Planned, removal awscdk.RemovalPolicy) awskms.IKey {
	if cfg.Encryption != config.CustomerManaged {
		return nil
	}
	var publishers []string
	if cfg.Topic() {
		publishers = []string{"cloudwatch.amazonaws.com"} // alarms
	}
	return archway.NewEncryptionKey(stack, "Encryption", &archway.EncryptionKeyProps{
		Publishers:    publishers,
		RemovalPolicy: removal,
	}).Key
}
