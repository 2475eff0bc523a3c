package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// answers keeps the last answer of a service: the CLI prints what it was told, not what an SDK
// makes of it.
type answers struct {
	client aws.HTTPClient
	last   []byte
}

// Do implements aws.HTTPClient.
func (a *answers) Do(request *http.Request) (*http.Response, error) {
	answer, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	a.last, err = io.ReadAll(answer.Body)
	answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(a.last))
	return answer, err
}

// decode reads the last answer.
func (a *answers) decode() (map[string]any, error) {
	var v map[string]any
	err := json.Unmarshal(a.last, &v)
	return v, err
}

// write prints an answer as the CLI does.
func write(out io.Writer, v map[string]any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	return e.Encode(dated(v))
}

// times are the fields that the CLI writes as times. The services answer seconds since 1970.
var times = map[string]bool{"startTime": true, "lastUpdateTime": true}

// dated writes the times in an answer in the CLI's form, which has microseconds only where there
// are some.
func dated(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if seconds, ok := value.(float64); ok && times[name] {
				at := time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC()
				form := "2006-01-02T15:04:05.000000-07:00"
				if at.Nanosecond() == 0 {
					form = "2006-01-02T15:04:05-07:00"
				}
				v[name] = at.Format(form)
				continue
			}
			v[name] = dated(value)
		}
	case []any:
		for i, value := range v {
			v[i] = dated(value)
		}
	}
	return v
}
