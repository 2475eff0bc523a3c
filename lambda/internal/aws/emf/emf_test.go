package emf

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A line is one that CloudWatch reads as metrics.
func TestLineIsAMetric(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil)).With("job", "7")
	before := time.Now().UnixMilli()
	Log(log, "measured", []Dimension{{"Pipeline", "p"}, {"Check", "rootfs"}},
		[]Metric{{"Findings", Count, 2}, {"ImageSize", Bytes, 1 << 40}}, slog.String("why", "x"))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	at, _ := line["_aws"].(map[string]any)["Timestamp"].(float64)
	if at < float64(before) || at > float64(time.Now().UnixMilli()) {
		t.Errorf("timestamp %v", at)
	}
	delete(line["_aws"].(map[string]any), "Timestamp")
	delete(line, "time")
	want := map[string]any{
		"level": "INFO", "msg": "measured", "job": "7", "why": "x", "Pipeline": "p", "Check": "rootfs", "Findings": 2.0,
		"ImageSize": float64(1 << 40),
		"_aws": map[string]any{"CloudWatchMetrics": []any{map[string]any{
			"Namespace": "Archway", "Dimensions": []any{[]any{"Pipeline", "Check"}},
			"Metrics": []any{map[string]any{"Name": "Findings", "Unit": "Count"},
				map[string]any{"Name": "ImageSize", "Unit": "Bytes"}},
		}}},
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Error(diff)
	}
}
