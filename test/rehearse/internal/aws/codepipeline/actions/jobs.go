package actions

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/google/uuid"

	"archway/test/rehearse/internal/aws/endpoint"
)

// jobs are those of all actions, also of actions that are over.
type jobs struct {
	mu  sync.Mutex
	all map[string]*job
}

// job is one invocation.
type job struct {
	reports  chan report
	reported *report
	// over: nobody waits for a report any more, and abandoned: because the execution was.
	over, abandoned bool
}

// report is what a function says about its job: one of the two.
type report struct {
	success *endpoint.Success
	failure *endpoint.Failure
}

func (j *jobs) open() (id string, opened *job) {
	id, opened = uuid.NewString(), &job{reports: make(chan report, 1)}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.all == nil {
		j.all = map[string]*job{}
	}
	j.all[id] = opened
	return id, opened
}

func (j *jobs) close(id string, abandoned bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all[id].over, j.all[id].abandoned = true, abandoned
}

// report takes a report. What is answered to a second one, and to a late one, is what was recorded;
// but for a job whose action ended without a report, of which there is no record.
func (j *jobs) report(id string, r report) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	job, ok := j.all[id]
	switch {
	case !ok:
		return &endpoint.Error{Code: "JobNotFoundException",
			Message: fmt.Sprintf("Job with id '%s' does not exist", id)}
	case job.reported == nil && job.abandoned:
		return nil // and nothing changes
	case job.reported == nil && !job.over:
		job.reported = &r
		job.reports <- r
		return nil
	case job.reported != nil && reflect.DeepEqual(*job.reported, r):
		return nil
	case job.reported == nil || (job.reported.success == nil) != (r.success == nil):
		return &endpoint.Error{Code: "InvalidJobStateException",
			Message: fmt.Sprintf("Job with id %s has already terminated", id)}
	}
	return &endpoint.Error{Code: "InvalidJobStateException",
		Message: fmt.Sprintf("The status of job with id %s is already set to the desired "+
			"value. It cannot be updated with the same status, but different result or output variables.", id)}
}
