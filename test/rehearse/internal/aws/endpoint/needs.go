package endpoint

import (
	"cmp"
	"encoding/json"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Need is what the caller's role must be allowed for a call.
type Need struct {
	// Action is IAM's name, such as "ecr:PutImage".
	Action string
	// Resource is the ARN that the call is about, or "*" for actions that know none.
	Resource string
}

// ofPipeline is the need of an action on a pipeline that the call names as pipelineName, and
// ofNamed on one that it names as name.
func ofPipeline(action string) func(*Server, resourceNames) Need {
	return func(s *Server, in resourceNames) Need { return Need{action, s.arn("codepipeline", in.Pipeline)} }
}

func ofNamed(action string) func(*Server, resourceNames) Need {
	return func(s *Server, in resourceNames) Need { return Need{action, s.arn("codepipeline", in.Name)} }
}

// ofRegistry is the need of an action on a repository of ECR.
func ofRegistry(action string) func(*Server, resourceNames) Need {
	return func(s *Server, in resourceNames) Need {
		registry := cmp.Or(in.Registry, s.options.Account)
		return Need{action, s.arnIn(registry, "ecr", "repository/"+in.Repository)}
	}
}

// ofEverything is the need of an action that knows no resources.
func ofEverything(action string) func(*Server, resourceNames) Need {
	return func(*Server, resourceNames) Need { return Need{action, "*"} }
}

// resourceNames are the names in calls' input by which their resources are known.
type resourceNames struct {
	Name       string `json:"name"`
	Pipeline   string `json:"pipelineName"`
	Repository string `json:"repositoryName"`
	Registry   string `json:"registryId"`
}

func (s *Server) arn(service, resource string) string {
	return s.arnIn(s.options.Account, service, resource)
}

// arnIn is the ARN of a resource of some account.
func (s *Server) arnIn(account, service, resource string) string {
	return arn.ARN{
		Partition: "aws", Service: service, Region: s.options.Region, AccountID: account, Resource: resource,
	}.String()
}

// allow asks whether the caller may make the call.
func (s *Server) allow(caller Caller, called operation, body []byte) error {
	if s.options.Allow == nil {
		return nil
	}
	var in resourceNames
	if err := json.Unmarshal(body, &in); err != nil {
		return &Error{"SerializationException", err.Error()}
	}
	return s.permit(caller, called.need(s, in), "AccessDeniedException")
}

// allowPublish asks whether the caller may publish to a topic. SNS has a name of
// its own for the refusal.
func (s *Server) allowPublish(caller Caller, form url.Values) error {
	if s.options.Allow == nil {
		return nil
	}
	return s.permit(caller, Need{"sns:Publish", form.Get("TopicArn")}, "AuthorizationError")
}

func (s *Server) permit(caller Caller, need Need, code string) error {
	if err := s.options.Allow(caller, need); err != nil {
		return &Error{code, err.Error()}
	}
	return nil
}
