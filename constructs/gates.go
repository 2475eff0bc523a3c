package constructs

// The optional stages, in their order between Validate and Promote. None of them writes to the registry, so that a failure in one
// of them leaves every tag as it was.
const StageSmokeTest = "SmokeTest"

type stageDeclaration = any

// gates are the optional stages that the props ask for.
func gates(p *PipelineProps, console console) []stageDeclaration {
	var stages []stageDeclaration
	add := func(name string, actions []action) {
		if len(actions) > 0 {
			stages = append(stages, stageOf(name, actions...))
		}
	}
	add(StageScanGate, scanActions(p))
	add(StageSmokeTest, each(p.Images, smokeTestActions))
	add(StageApproval, approvalActions(p, console))
	return stages
}

// validatedDigest is the variable that holds what the Validate action of this run has passed, so that nothing else can be tested
// or promoted.
func validatedDigest(image PipelineImage) string {
	return variable(namespace(StageValidate, image.Name), "digest")
}

// validatedPlatforms is the variable that holds for which platforms the index of this run has images.
func validatedPlatforms(image PipelineImage) string {
	return variable(namespace(StageValidate, image.Name), "platforms")
}

// smokeTestActions run one image on all of its architectures, which are named like its builds.
func smokeTestActions(image PipelineImage) []action {
	var actions []action
	for _, test := range image.SmokeTests {
		name := image.Name + "-" + string(test.Architecture)
		action := codeBuildAction(StageSmokeTest, name, test.Project, []environmentVariable{
			{"INDEX_DIGEST", validatedDigest(image)},
			{"PLATFORMS", validatedPlatforms(image)}, // a rule may leave one out
		})
		// The console shows it as a test; it is the same otherwise.
		action.ActionTypeId = actionType("Test", "CodeBuild")
		actions = append(actions, action)
	}
	return actions
}
