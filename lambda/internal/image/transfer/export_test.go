package transfer

import "time"

// InChunks makes a job send so many bytes at once.
func InChunks(job Job, size int64) Job {
	job.chunk = size
	return job
}

// At gives a job another clock.
func At(job Job, now func() time.Time) Job {
	job.now = now
	return job
}
