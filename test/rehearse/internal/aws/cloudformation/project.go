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

func init() {
	describe("AWS::CodeBuild::Project", descriptor{
		read: (*loader).project, name: "Name", arn: regional("codebuild", "project/%s"),
		withoutEffect: map[string]string{
			"Artifacts.EncryptionDisabled":         encryption,
			"Artifacts.Packaging":                  "the pipeline's action decides what becomes of artifacts",
			"BadgeEnabled":                         describes,
			"Cache":                                "a cache changes how long a build takes, not what it does",
			"Description":                          describes,
			"EncryptionKey":                        encryption,
			"Environment.ImagePullCredentialsType": "no build image is pulled: commands run with this machine's programs",
			"LogsConfig.CloudWatchLogs.StreamName": "it names a file of the rehearsal",
			"QueuedTimeoutInMinutes":               "no build waits for capacity",
			"Tags":                                 describes,
			"Visibility":                           describes,
		},
	})
}

// project reads a CodeBuild project.
func (l *loader) project(r *resource) {
	project := &codebuild.Project{Name: r.name, ARN: r.arn, RoleARN: r.required("ServiceRole")}

	r.object("Artifacts").oneOf("Type", "CODEPIPELINE")
	source := r.object("Source")
	source.oneOf("Type", "CODEPIPELINE")
	// Only here, after its intrinsics were resolved, the buildspec can be parsed.
	if spec := source.required("BuildSpec"); spec != "" {
		var err error
		if project.BuildSpec, err = codebuild.ParseBuildSpec(spec); err != nil {
			source.fail("BuildSpec", "%v", err)
		}
	}
	minutes := r.integer("TimeoutInMinutes", defaultTimeout)
	if minutes < minTimeout || minutes > maxTimeout {
		r.fail("TimeoutInMinutes", "got %d, expected %d to %d", minutes, minTimeout, maxTimeout)
	}
	project.Timeout = time.Duration(minutes) * time.Minute
	project.Environment = environment(r.object("Environment"))
	logs := r.object("LogsConfig").object("CloudWatchLogs")
	if logs.oneOf("Status", "", "ENABLED", "DISABLED") != "DISABLED" {
		project.LogGroup = logs.text("GroupName")
		if project.LogGroup == "" {
			project.LogGroup = "/aws/codebuild/" + r.name // CodeBuild's default
		}
	}
	l.stack.add(project)
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
			v.fail("Type", "got %q; expected PLAINTEXT, %s or %s (variable %s)",
				variable.Type, codebuild.SecretsManager, codebuild.ParameterStore, variable.Name)
		}
		e.Variables = append(e.Variables, variable)
	}
	return e
}
