package constructs

import (
	"strconv"
	"strings"

	"archway/internal/strict"

	"github.com/aws/jsii-runtime-go"
)

// smokeEnvironment is the check, with its defaults, as smoke-test.yml takes it.
func smokeEnvironment(c SmokeCheck, of Platform) map[string]*string {
	environment := map[string]*string{
		"COMMAND":         jsii.String(strict.Encode(c.Command)),
		"ENVIRONMENT":     jsonObject(c.Environment),
		"TIMEOUT_SECONDS": jsii.String(strconv.Itoa(c.TimeoutSeconds)),
	}
	text := c.Expected()
	if c.HTTP == nil {
		environment["EXPECT_EXIT_CODE"] = jsii.String(strconv.Itoa(c.ExitCode))
	} else {
		h := filled(*c.HTTP)
		environment["HTTP_PORT"] = jsii.String(strconv.Itoa(h.Port))
		environment["HTTP_PATH"] = &h.Path
		environment["EXPECT_STATUS"] = jsii.String(strconv.Itoa(h.Status))
	}
	for match, expected := range map[string]string{
		"equals":   text.Equals,
		"contains": text.Contains,
		"matches":  text.Matches,
	} {
		if expected != "" {
			environment["EXPECT_MATCH"] = jsii.String(match)
			environment["EXPECT_TEXT"] = jsii.String(
				strings.TrimSpace(strings.ReplaceAll(expected, "{arch}", of.Arch())))
		}
	}
	return environment
}
