package endpoint

import (
	"encoding/json"
	"fmt"
	"net/url"
)

// Need is what the caller's role must be allowed for a call.
type Need struct {
	// Action is IAM's name, such as "ecr:PutImage".
	Action string
	// Resource is the ARN that the call is about, or "*" for actions that know none.
	Resource string
}

// needs says of each operation what it needs. An operation that is not here is
// refused, as nobody knows who may call it. Which actions know resources, and
// which, is in the service authorization reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var needs = map[string]func(s *Server, in named) Need{
	"AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken":     everywhere("ecr:GetAuthorizationToken"),
	"AmazonEC2ContainerRegistry_V20150921.PutImage":                  inRepository("ecr:PutImage"),
	"AmazonEC2ContainerRegistry_V20150921.DescribeImages":            inRepository("ecr:DescribeImages"),
	"AmazonEC2ContainerRegistry_V20150921.DescribeImageScanFindings": inRepository("ecr:DescribeImageScanFindings"),
	// A job has no ARN.
	"CodePipeline_20150709.PutJobSuccessResult": everywhere("codepipeline:PutJobSuccessResult"),
	"CodePipeline_20150709.PutJobFailureResult": everywhere("codepipeline:PutJobFailureResult"),
	"CodePipeline_20150709.StartPipelineExecution": func(s *Server, in named) Need {
		return Need{"codepipeline:StartPipelineExecution", s.arn("codepipeline", in.Name)}
	},
	"CodePipeline_20150709.GetPipelineExecution": func(s *Server, in named) Need {
		return Need{"codepipeline:GetPipelineExecution", s.arn("codepipeline", in.Pipeline)}
	},
	"CodePipeline_20150709.GetPipelineState": func(s *Server, in named) Need {
		return Need{"codepipeline:GetPipelineState", s.arn("codepipeline", in.Name)}
	},
	"CodePipeline_20150709.ListActionExecutions": func(s *Server, in named) Need {
		return Need{"codepipeline:ListActionExecutions", s.arn("codepipeline", in.Pipeline)}
	},
	"CodeCommit_20150413.GetBranch":       ofSource("codecommit:GetBranch"),
	"CodeCommit_20150413.GetFolder":       ofSource("codecommit:GetFolder"),
	"CodeCommit_20150413.GetMergeOptions": ofSource("codecommit:GetMergeOptions"),
}

// ofSource is the need of an action on a repository of CodeCommit.
func ofSource(action string) func(*Server, named) Need {
	return func(s *Server, in named) Need { return Need{action, s.arn("codecommit", in.Repository)} }
}

// inRepository is the need of an action on a repository of ECR.
func inRepository(action string) func(*Server, named) Need {
	return func(s *Server, in named) Need {
		registry := in.Registry
		if registry == "" {
			registry = s.options.Account
		}
		return Need{action, fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", s.options.Region, registry, in.Repository)}
	}
}

// everywhere is the need of an action that knows no resources.
func everywhere(action string) func(*Server, named) Need {
	return func(*Server, named) Need { return Need{action, "*"} }
}

// named are the names in calls' input by which their resources are known.
type named struct {
	Name       string `json:"name"`
	Pipeline   string `json:"pipelineName"`
	Repository string `json:"repositoryName"`
	Registry   string `json:"registryId"`
}

func (s *Server) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, s.options.Region, s.options.Account, resource)
}

// allow asks whether the caller may make the call.
func (s *Server) allow(caller Caller, target string, body []byte) error {
	if s.options.Allow == nil {
		return nil
	}
	need, ok := needs[target]
	if !ok {
		return fmt.Errorf("the rehearsal does not know what IAM asks for the call %s (made by %s): add it to awsapi/needs.go", target, caller)
	}
	var in named
	if err := json.Unmarshal(body, &in); err != nil {
		return &Error{"SerializationException", err.Error()}
	}
	return s.permit(caller, need(s, in), "AccessDeniedException")
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
