package lambdaruntime

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// serveNext blocks until there is an invocation.
func (i *instance) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case i.ready <- struct{}{}:
	default:
	}
	select {
	case in := <-i.next:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", in.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", i.function.ARN)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		// The program is gone if this fails, which is noticed elsewhere.
		_, _ = w.Write(in.payload)
	case <-r.Context().Done():
	}
}

func (i *instance) serveResponse(w http.ResponseWriter, r *http.Request) {
	answer, err := io.ReadAll(r.Body)
	i.finish(w, outcome{id: r.PathValue("id"), answer: answer, err: err})
}

func (i *instance) serveError(w http.ResponseWriter, r *http.Request) {
	i.finish(w, outcome{id: r.PathValue("id"), err: functionError(r)})
}

func (i *instance) serveInitError(w http.ResponseWriter, r *http.Request) {
	i.outcome <- outcome{err: functionError(r)}
	accepted(w)
}

func (i *instance) finish(w http.ResponseWriter, o outcome) {
	i.mu.Lock()
	current := i.current
	i.mu.Unlock()
	if o.id != current {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(FunctionError{"InvalidRequestID",
			"there is no invocation " + o.id + " under way"})
		return
	}
	select {
	case i.outcome <- o:
		accepted(w)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(FunctionError{"InvalidStateTransition",
			"the invocation " + o.id + " was answered already"})
	}
}

func accepted(w http.ResponseWriter) {
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write([]byte(`{"status":"OK"}`))
}

func functionError(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return &FunctionError{"Runtime.Unknown", err.Error()}
	}
	failure := &FunctionError{}
	if err := json.Unmarshal(body, failure); err != nil || failure.Message == "" {
		failure.Message = string(body)
	}
	if failure.Type == "" {
		failure.Type = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	return failure
}
