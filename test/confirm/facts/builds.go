package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"archway/test/confirm/internal/account"
)

// builds are how CodeBuild runs a buildspec. Each build takes about a minute of the smallest
// machine.
var builds = []Fact{
	{
		Name: "build-shell",
		Question: "Do all commands of a buildspec run in one shell, so that `set -e`, functions and unexported " +
			"variables reach later ones?",
		Readings: []Reading{
			{Name: "one", Says: "all commands of a phase share one shell"},
			{Name: "fresh", Says: "each command of a buildspec has a shell of its own", Option: "fresh-shell"},
		},
		Proof: "A build whose commands export what they find of the earlier ones: process, variable, function, " +
			"`set -e`, `set -a`.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			b, err := built(ctx, s, shellSpec)
			if err != nil {
				return Seen{}, err
			}
			if b.BuildStatus != types.StatusTypeSucceeded {
				return Seen{}, fmt.Errorf("the build is %s, expected SUCCEEDED", b.BuildStatus)
			}
			return judgeShell(exported(b)), nil
		},
	},
	{
		Name:     "failed-exports",
		Question: "Does a build that failed hand on the variables that it exported?",
		Readings: []Reading{
			{Name: "none", Says: "it hands on none"},
			{Name: "some", Says: "it hands on some; nothing reads those of a failed action"},
		},
		Proof: "A build exports a variable, and then a command fails; exportedEnvironmentVariables of BatchGetBuilds.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			b, err := built(ctx, s, "version: 0.2\nenv: {exported-variables: [FOUND]}\n"+
				"phases: {build: {commands: ['export FOUND=yes', 'false']}}\n")
			if err != nil {
				return Seen{}, err
			}
			if b.BuildStatus != types.StatusTypeFailed {
				return Seen{}, fmt.Errorf("the build is %s, expected FAILED", b.BuildStatus)
			}
			if found := exported(b); found["FOUND"] != "" {
				return Seen{"some", fmt.Sprint(found)}, nil
			}
			return Seen{"none", fmt.Sprintf("the build has %d exported variables with a value", len(exported(b)))}, nil
		},
	},
	{
		Name:     "failed-phases",
		Question: "Does POST_BUILD run after PRE_BUILD failed?",
		Readings: []Reading{
			{Name: "ends", Says: "it does not"},
			{Name: "runs",
				Says: "it does; a buildspec's post_build asks CODEBUILD_BUILD_SUCCEEDING or has nothing to push"},
		},
		Proof: "A build whose pre_build fails; its phases in BatchGetBuilds.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			b, err := built(ctx, s, "version: 0.2\n"+
				"phases: {pre_build: {commands: ['false']}, post_build: {commands: ['true']}}\n")
			if err != nil {
				return Seen{}, err
			}
			var names []string
			for _, p := range b.Phases {
				names = append(names, string(p.PhaseType))
			}
			text := strings.Join(names, ", ")
			if slices.Contains(names, string(types.BuildPhaseTypePostBuild)) {
				return Seen{"runs", text}, nil
			}
			return Seen{"ends", text}, nil
		},
	},
}

// shellSpec has each finding in a variable, as builds without logs tell nothing else.
const shellSpec = `version: 0.2
env:
  shell: bash
  exported-variables: [SAME_PROCESS, PLAIN, FUNCTION, ERREXIT, ALLEXPORT, EXPORTED, NEXT_PHASE]
phases:
  pre_build:
    commands:
      - case $- in *a*) export ALLEXPORT=yes ;; *) export ALLEXPORT=no ;; esac
      - export FIRST=$$; plain=yes; greet() { true; }; set -e
      - if [ "$FIRST" = "$$" ]; then export SAME_PROCESS=yes; else export SAME_PROCESS=no; fi
      - export PLAIN="${plain:-no}"
      - if type greet >/dev/null 2>&1; then export FUNCTION=yes; else export FUNCTION=no; fi
      - case $- in *e*) export ERREXIT=yes ;; *) export ERREXIT=no ;; esac
      - if [ -n "$FIRST" ]; then export EXPORTED=yes; else export EXPORTED=no; fi
      - set +e
  build:
    commands:
      - export NEXT_PHASE="${plain:-no}"
`

// judgeShell takes the variables of a build of shellSpec. Under "set -a" a variable survives
// although its shell does not.
func judgeShell(found map[string]string) Seen {
	var all []string
	for name, value := range found {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	text := strings.Join(all, " ")
	shared := []string{found["SAME_PROCESS"], found["FUNCTION"], found["ERREXIT"]}
	switch {
	case found["EXPORTED"] != "yes":
		return Seen{"neither", text}
	case !slices.Contains(shared, "no") && !slices.Contains(shared, ""):
		return Seen{"one", text}
	case !slices.Contains(shared, "yes"):
		return Seen{"fresh", text}
	}
	return Seen{"mixed", text}
}

// built runs a buildspec to its end.
func built(ctx context.Context, s *account.Session, buildspec string) (types.Build, error) {
	role, err := s.Role(ctx, "build", "codebuild")
	if err != nil {
		return types.Build{}, err
	}
	project, err := s.Project(ctx, "project", role, buildspec)
	if err != nil {
		return types.Build{}, err
	}
	started, err := s.CodeBuild.StartBuild(ctx, &codebuild.StartBuildInput{ProjectName: &project})
	if err != nil {
		return types.Build{}, err
	}
	var build types.Build
	err = s.Wait(ctx, "the end of the build", func() (bool, error) {
		out, err := s.CodeBuild.BatchGetBuilds(ctx,
			&codebuild.BatchGetBuildsInput{Ids: []string{aws.ToString(started.Build.Id)}})
		if err != nil || len(out.Builds) == 0 {
			return false, err
		}
		build = out.Builds[0]
		return build.BuildStatus != types.StatusTypeInProgress, nil
	})
	return build, err
}

func exported(b types.Build) map[string]string {
	found := map[string]string{}
	for _, v := range b.ExportedEnvironmentVariables {
		found[aws.ToString(v.Name)] = aws.ToString(v.Value)
	}
	return found
}
