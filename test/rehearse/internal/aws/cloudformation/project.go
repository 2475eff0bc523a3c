package cloudformation

import (
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/codebuild"
)

// CodeBuild's limits for a build's timeout, in minutes.
const (
	defaultTimeout = 60
	minTimeout     = 5
	maxTimeout     = 2160
)

// project reads a CodeBuild project.
func (l *loader) project(id string, p *properties) {
	name, err := l.name(id)
	if err != nil {
		p.fail("Name", "%v", err)
	}
	p.text("Name")
	arn, _ := l.arnOf(p.kind, name)
	project := &codebuild.Project{Name: name, ARN: arn, RoleARN: p.required("ServiceRole")}

	p.object("Artifacts").oneOf("Type", "CODEPIPELINE")
	source := p.object("Source")
	source.oneOf("Type", "CODEPIPELINE")
	// Only here, after its intrinsics were resolved, the buildspec can be parsed.
	if spec := source.required("BuildSpec"); spec != "" {
		if project.BuildSpec, err = codebuild.ParseBuildSpec(spec); err != nil {
			source.fail("BuildSpec", "%v", err)
		}
	}
	minutes := p.integer("TimeoutInMinutes", defaultTimeout)
	if minutes < minTimeout || minutes > maxTimeout {
		p.fail("TimeoutInMinutes", "got %d, expected %d to %d", minutes, minTimeout, maxTimeout)
	}
	project.Timeout = time.Duration(minutes) * time.Minute
	project.Environment = environment(p.object("Environment"))
	logs := p.object("LogsConfig").object("CloudWatchLogs")
	if logs.oneOf("Status", "", "ENABLED", "DISABLED") != "DISABLED" {
		project.LogGroup = logs.text("GroupName")
		if project.LogGroup == "" {
			project.LogGroup = "/aws/codebuild/" + name // CodeBuild's default
		}
	}
	l.stack.Projects = append(l.stack.Projects, project)
}

func environment(p *properties) codebuild.Environment {
	e := codebuild.Environment{
		Type:       p.oneOf("Type", "LINUX_CONTAINER", "ARM_CONTAINER"),
		Image:      p.required("Image"),
		Compute:    p.required("ComputeType"),
		Privileged: p.boolean("PrivilegedMode"),
	}
	// CodeBuild finds this out only when a build starts.
	if standard, ok := strings.CutPrefix(e.Image, "aws/codebuild/"); ok {
		if arm := strings.Contains(standard, "aarch64"); arm != (e.Type == "ARM_CONTAINER") {
			p.fail("Image", "%s can't run on a machine of the type %s", e.Image, e.Type)
		}
	}
	for _, v := range p.objects("EnvironmentVariables") {
		variable := codebuild.Variable{Name: v.required("Name"), Value: v.text("Value"), Type: v.text("Type")}
		switch variable.Type {
		case "", "PLAINTEXT", codebuild.SecretsManager, codebuild.ParameterStore:
		default:
			v.fail("Type", "got %q; expected PLAINTEXT, %s or %s (variable %s)", variable.Type, codebuild.SecretsManager, codebuild.ParameterStore, variable.Name)
		}
		e.Variables = append(e.Variables, variable)
	}
	return e
}
