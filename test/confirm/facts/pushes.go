package facts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"archway/test/confirm/internal/account"
)

// pushes are who may push what to ECR, and how.
var pushes = []Fact{
	{
		Name: "mount",
		Question: "Does ECR mount a blob of another repository while the account's setting BLOB_MOUNTING is on, and " +
			"not while it is off?",
		Readings: []Reading{
			{Name: "by-setting", Says: "it mounts while the setting is on, and only then", Option: "mount"},
			{Name: "against-setting", Says: "the setting is not what decides; what isn't mounted is uploaded"},
		},
		Proof: "A mount as the registry's protocol asks for it: 201 mounted, 202 not. The setting is only read; " +
			"with `--change-account-settings` the other value is tried too, and put back.",
		Try: mounted,
	},
	{
		Name:     "principal-arn",
		Question: "Is `aws:PrincipalArn` of a function's session its role's ARN, for a Deny in ECR's repository policy?",
		Readings: []Reading{
			{Name: "role", Says: "it is: the role that the policy spares may push, and another one may not"},
			{Name: "session", Says: "it is not: the spared role is denied", Wrong: "promotion can't write the release"},
			{Name: "open", Says: "the Deny denies nobody",
				Wrong: "whoever has permissions of his own may write the release"},
		},
		Proof: "Two functions with a role each push to a repository whose policy denies ecr:PutImage to all but the first " +
			"role (ArnNotEquals).",
		Try: spared,
	},
}

const mountSetting = "BLOB_MOUNTING"

func mounted(ctx context.Context, s *account.Session) (Seen, error) {
	from, err := newStore(ctx, s, "from")
	if err != nil {
		return Seen{}, err
	}
	if _, err := from.pushed(ctx); err != nil {
		return Seen{}, err
	}
	layer := digestOf([]byte(layerContent))
	setting, err := s.ECR.GetAccountSetting(ctx, &ecr.GetAccountSettingInput{Name: aws.String(mountSetting)})
	if err != nil {
		return Seen{}, err
	}
	before := aws.ToString(setting.Value)
	set := func(ctx context.Context, value string) error {
		_, err := s.ECR.PutAccountSetting(ctx,
			&ecr.PutAccountSettingInput{Name: aws.String(mountSetting), Value: &value})
		return err
	}
	values, text, as := []string{before}, "", true
	if s.ChangeAccountSettings {
		if before == "" {
			before = "DISABLED" // the default
		}
		s.Undo("the account's setting "+mountSetting, func(ctx context.Context) error { return set(ctx, before) })
		if before == "ENABLED" {
			values = append(values, "DISABLED")
		} else {
			values = append(values, "ENABLED")
		}
	}
	for at, value := range values {
		if at > 0 {
			if err := set(ctx, value); err != nil {
				return Seen{}, err
			}
			if err := s.Sleep(ctx, 3*s.Pace); err != nil {
				return Seen{}, err
			}
		}
		into, err := newStore(ctx, s, fmt.Sprintf("into-%d", at))
		if err != nil {
			return Seen{}, err
		}
		a, err := into.send(ctx, http.MethodPost, into.base+"/blobs/uploads/?mount="+layer+"&from="+from.name, "", nil)
		if err != nil {
			return Seen{}, err
		}
		if a.status != http.StatusCreated && a.status != http.StatusAccepted {
			return Seen{}, fmt.Errorf("with %s %s the mount was answered by %v", mountSetting, value, a)
		}
		text += fmt.Sprintf("with %s %s the mount was answered by %d; ", mountSetting, value, a.status)
		as = as && (a.status == http.StatusCreated) == (value == "ENABLED")
	}
	if text = strings.TrimSuffix(text, "; "); as {
		return Seen{"by-setting", text}, nil
	}
	return Seen{"against-setting", text}, nil
}

// pushing says how ECR answered: "pushed", or the error.
const pushing = `import boto3, botocore
def handler(event, context):
    try:
        boto3.client("ecr").put_image(repositoryName=event["repository"], imageManifest=event["manifest"])
    except botocore.exceptions.ClientError as problem:
        if problem.response["Error"]["Code"] != "ImageAlreadyExistsException":
            return str(problem)
    return "pushed"
`

func spared(ctx context.Context, s *account.Session) (Seen, error) {
	r, err := newStore(ctx, s, "images")
	if err != nil {
		return Seen{}, err
	}
	content, err := r.image(ctx)
	if err != nil {
		return Seen{}, err
	}
	functions, roles := map[string]string{}, map[string]string{}
	for _, who := range []string{"spared", "other"} {
		if roles[who], err = s.Role(ctx, who, "lambda", account.Statement{
			Effect: "Allow", Action: []string{"ecr:PutImage", "ecr:BatchGetImage"},
			Resource: s.ARN("ecr", "repository/"+r.name),
		}); err != nil {
			return Seen{}, err
		}
		if functions[who], err = s.Function(ctx, who, roles[who], pushing); err != nil {
			return Seen{}, err
		}
	}
	if _, err := s.ECR.SetRepositoryPolicy(ctx, &ecr.SetRepositoryPolicyInput{
		RepositoryName: &r.name, PolicyText: aws.String(account.Policy(account.Statement{
			Effect: "Deny", Principal: "*", Action: "ecr:PutImage",
			Condition: map[string]any{"ArnNotEquals": map[string]any{"aws:PrincipalArn": []string{roles["spared"]}}},
		})),
	}); err != nil {
		return Seen{}, err
	}
	// Roles and policies take effect late: each is asked until its answer is the expected one, or
	// nothing else is to be expected.
	said := map[string]string{}
	for _, who := range []string{"other", "spared"} {
		payload, err := json.Marshal(map[string]string{"repository": r.name, "manifest": string(content)})
		if err != nil {
			return Seen{}, err
		}
		asked := 0
		err = s.Wait(ctx, "the answer to the "+who+" role", func() (bool, error) {
			asked++
			out, err := s.Lambda.Invoke(ctx,
				&lambda.InvokeInput{FunctionName: aws.String(functions[who]), Payload: payload})
			if err != nil {
				return false, err
			}
			if out.FunctionError != nil {
				return false, fmt.Errorf("the function failed: %.300s", out.Payload)
			}
			var answer string
			if err := json.Unmarshal(out.Payload, &answer); err != nil {
				return false, err
			}
			said[who] = answer
			expected := answer == "pushed"
			if who == "other" {
				expected = strings.Contains(answer, "explicit deny")
			}
			return expected || asked == 12, nil
		})
		if err != nil {
			return Seen{}, err
		}
	}
	return judgeSpared(said["spared"], said["other"])
}

// judgeSpared takes what was said to both roles at last.
func judgeSpared(sparedRole, other string) (Seen, error) {
	text := fmt.Sprintf("to the spared role: %s; to another one: %s", sparedRole, other)
	switch {
	case strings.Contains(sparedRole, "explicit deny"):
		return Seen{"session", text}, nil
	case sparedRole != "pushed":
		return Seen{}, fmt.Errorf("neither pushed nor denied by the policy: %s", text)
	case other == "pushed":
		return Seen{"open", text}, nil
	case strings.Contains(other, "explicit deny"):
		return Seen{"role", text}, nil
	}
	return Seen{}, fmt.Errorf("neither pushed nor denied by the policy: %s", text)
}
