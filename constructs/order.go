package constructs

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// CreateLast has CloudFormation create the pipeline after everything else in its stack, and before
// that the trigger's rule, also after everything else. Call it when the stack has all that it is to
// have.
//
// A pipeline runs as soon as it is created, and fills the artifact bucket, and the repositories. If
// something else failed after that, CloudFormation could not delete them, as they hold something,
// and the creation could not be tried again.
//
// The rule comes first so that nothing can fail once the pipeline is there; a rule's target need
// not be there. As the rule comes after the source repository and all the rest, it doesn't see the
// commit of the seed, and only the pipeline's first run builds it. In an update, the functions and
// roles that a run needs are there before the run, too.
func CreateLast(trigger *Trigger, pipeline *Pipeline) {
	before := pipeline.Pipeline.Node()
	if trigger.Rule != nil {
		before = trigger.Rule.Node()
	}
	last := []string{*trigger.Node().Path(), *pipeline.Node().Path()}
	var after func(scope constructs.IConstruct)
	after = func(scope constructs.IConstruct) {
		for _, child := range *scope.Node().Children() {
			path := *child.Node().Path()
			switch {
			case path == last[0] || path == last[1]:
			case strings.HasPrefix(last[0], path+"/") || strings.HasPrefix(last[1], path+"/"):
				after(child)
			default:
				before.AddDependency(child)
			}
		}
	}
	after(awscdk.Stack_Of(pipeline.Construct))
	pipeline.Pipeline.Node().AddDependency(trigger.Construct)
}
