package constructs_test

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Nothing breaks a rule of cdk-nag without a reason.
func TestExceptionsHaveReasons(t *testing.T) {
	synthesize()
	for name := range stacks {
		file, err := os.Open(filepath.Join(outdir, "AwsSolutions-"+name+"-NagReport.csv"))
		if errors.Is(err, fs.ErrNotExist) && name == sourceExisting {
			continue // it has no resources
		}
		if err != nil {
			t.Error(err)
			continue
		}
		lines, err := csv.NewReader(file).ReadAll()
		file.Close()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, line := range lines[1:] {
			rule, resource, compliance, why := line[0], line[1], line[2], line[5]
			if compliance != "Compliant" && compliance != "Suppressed" {
				t.Errorf("%s: %s: %s: %s", compliance, resource, rule, why)
			}
		}
	}
}
