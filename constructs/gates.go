package constructs

type stageDeclaration = any

// gates are the optional stages that the props ask for, in their order between Validate and Promote. None of them writes to the
// registry, so that a failure in one of them leaves every tag as it was.
func gates(p *PipelineProps, console console) []stageDeclaration {
	var stages []stageDeclaration
	add := func(name string, actions []action) {
		if len(actions) > 0 {
			stages = append(stages, stageOf(name, actions...))
		}
	}
	add(StageScanGate, scanActions(p))
	add(StageSmokeTest, each(p.Delivery.Images, smokeTestActions))
	add(StageApproval, approvalActions(p, console))
	return stages
}
