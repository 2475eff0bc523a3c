package spec

// Secret says where a secret is kept. The configuration holds no secret itself.
type Secret struct {
	// Name or ARN of a secret in AWS Secrets Manager; if it is a JSON object, then after a colon
	// the key whose value is wanted, such as build/npm:token.
	// Default: none, give parameterStore instead.
	SecretsManager string `key:"secretsManager" rule:"secret"`

	// Name of a parameter in the Parameter Store of AWS Systems Manager, such as /build/npmrc.
	// Default: none, give secretsManager instead.
	ParameterStore string `key:"parameterStore" rule:"parameter"`

	// ARN of the customer-managed KMS key that encrypts the secret.
	// Default: the key of AWS that the service uses by itself.
	KMSKey string `key:"kmsKey" rule:"key"`
}

// Problems reports a secret that is kept nowhere, or in two places.
func (s Secret) Problems() []Problem {
	if (s.SecretsManager == "") == (s.ParameterStore == "") {
		return []Problem{{Key: "",
			Message: `give either "secretsManager" or "parameterStore": it says where the secret is kept`}}
	}
	return nil
}
