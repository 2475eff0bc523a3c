package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// addChecks has cdk-nag's rules for AWS solutions judge every resource of the app when it is
// synthesized. Their report lands in the cloud assembly, with the reasons of all exceptions:
// AwsSolutions-STACK-NagReport.csv.
func addChecks(app awscdk.App) {
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		// Not JSON: cdk-nag reads and writes the whole file for each line of it.
		ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_CSV},
	}), nil)
}

// Synthesize writes the cloud assembly of an app that [NewApp] made, and gives its folder. The
// error joins everything that cdk-nag objects to, warnings too, and rules that could not judge; and
// the templates that CloudFormation would not take.
func Synthesize(app awscdk.App) (dir string, err error) {
	dir = *app.Synth(nil).Directory()
	return dir, errors.Join(findings(dir), tooLarge(dir))
}

// messages are what constructs have said, by their paths.
type messages map[string][]struct {
	Type string
	Data any
}

// findings reads in a cloud assembly what cdk-nag has found. Its report doesn't tell which of
// several findings of one rule has a reason and which has none; the messages do.
func findings(dir string) error {
	var manifest struct {
		Artifacts map[string]struct {
			Metadata               messages
			AdditionalMetadataFile string
		}
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return err
	}
	var found []error
	for _, name := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[name]
		found = append(found, artifact.Metadata.findings()...)
		if artifact.AdditionalMetadataFile != "" {
			var more messages
			if err := readJSON(filepath.Join(dir, artifact.AdditionalMetadataFile), &more); err != nil {
				return err
			}
			found = append(found, more.findings()...)
		}
	}
	return errors.Join(found...)
}

func (m messages) findings() []error {
	var found []error
	for _, path := range slices.Sorted(maps.Keys(m)) {
		for _, message := range m[path] {
			text, _ := message.Data.(string)
			if message.Type == "aws:cdk:info" || !strings.HasPrefix(text, "AwsSolutions-") &&
				!strings.HasPrefix(text, "CdkNagValidationFailure") {
				continue
			}
			where := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/Resource")
			found = append(found,
				fmt.Errorf("%s: cdk-nag finds %s To cure it, change the resource; if it has to be as it is, "+
					"say why in a suppression next to the construct", where, strings.TrimSpace(text)))
		}
	}
	return found
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
