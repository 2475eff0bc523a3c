// Package job is CodePipeline's side of a function: it takes the job's event, runs the work, and
// answers exactly once with success and output variables or with a failure that a person
// understands.
package job

// Event is what CodePipeline sends to a function. It also carries artifactCredentials: they are not
// decoded, so that they can't get into a log.
type Event struct {
	Job struct {
		ID   string `json:"id"`
		Data struct {
			ActionConfiguration struct {
				Configuration struct {
					UserParameters string `json:"UserParameters"`
				} `json:"configuration"`
			} `json:"actionConfiguration"`
			ContinuationToken string `json:"continuationToken"`
		} `json:"data"`
	} `json:"CodePipeline.job"`
}
