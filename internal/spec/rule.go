package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"archway/internal/checks"
	"archway/internal/nearest"
	"archway/internal/platform"
)

// Rule is what a text must look like.
type Rule struct {
	// Pattern stands in the schema too: only what Go's and JavaScript's regular expressions have in
	// common.
	Pattern *regexp.Regexp
	// Least and Most are the allowed lengths; 0 means that the pattern says enough.
	Least, Most int
	// Says is the rule in words, and whose it is; Cure is what to do.
	Says, Cure string
	// Sentence says that white space around the text does not count.
	Sentence bool

	// also gives what to tell about a text that breaks the rule in another way.
	also func(text string) string
}

// Named gives a rule by its name, which is compiled in.
func Named(name string) *Rule {
	rule, ok := rules[name]
	if !ok {
		panic("there is no rule " + name)
	}
	return rule
}

func named(name string) *Rule {
	if name == "" {
		return nil
	}
	return Named(name)
}

// Check gives what to tell about a text that breaks the rule; "" if it is good.
func (r *Rule) Check(text string) string {
	length := utf8.RuneCountInString(text)
	if r.Says != "" && (!r.Pattern.MatchString(text) || length < r.Least || r.Most > 0 && length > r.Most) {
		return r.Says + ": " + r.Cure
	}
	if r.also != nil {
		return r.also(text)
	}
	return ""
}

// MaxPath is CodeCommit's limit for the path of a file.
const MaxPath = 4096

// maxReason keeps a reason one sentence.
const maxReason = 200

func sentence(text string) string {
	switch {
	case utf8.RuneCountInString(text) > maxReason:
		return fmt.Sprintf("has more than %d characters: say it in one sentence", maxReason)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "holds a control character: write it in one line"
	}
	return ""
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html, less what the images take.
const maxMessage = 500

func message(text string) string {
	switch {
	case utf8.RuneCountInString(text) > maxMessage:
		return fmt.Sprintf(
			"has more than %d characters, and CodePipeline takes 1000 with the digests of the images: shorten it",
			maxMessage)
	case strings.Contains(text, "#{"):
		return `CodePipeline would read "#{" as the beginning of a variable: leave it out`
	}
	return ""
}

func bareRepository(text string) string {
	if strings.HasSuffix(text, ".git") {
		return `CodeCommit takes no name that ends in .git: leave ".git" off`
	}
	return ""
}

func existingDay(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return `there is no such day: use one such as "2027-01-31"`
	}
	return ""
}

func anyPlatform(text string) string {
	switch p, err := platform.Parse(text); {
	case err != nil, p.OSVersion != "", len(p.OSFeatures) > 0:
		return `is no platform: use one such as "linux/arm/v7"`
	case platform.Of(p).String() != text:
		return fmt.Sprintf("is another spelling of %q: use that", platform.Of(p))
	}
	return ""
}

func downgradable(name string) string {
	switch {
	case !slices.Contains(checks.Names, name):
		return "there is no such check: " + Meant(name, checks.Names)
	case slices.Contains(checks.Firm, name):
		return "this check can't be downgraded, because nothing is known about what it reports: remove it"
	}
	return ""
}

// Meant is what to write instead of an unknown word.
func Meant(word string, known []string) string {
	if near := nearest.Word(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "use " + Quoted(known)
}

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
var (
	ratePattern = regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)(s?)\)$`)
	cronPattern = regexp.MustCompile(`^cron\(([0-9*?LW#,/A-Z-]+ ){5}[0-9*?LW#,/A-Z-]+\)$`)
)

// schedule gives what to tell about a schedule that EventBridge doesn't take.
func schedule(text string) string {
	const such = `use one such as "rate(1 day)" or "cron(0 6 * * ? *)"`
	if text == "" {
		return "" // never
	}
	if rate := ratePattern.FindStringSubmatch(text); rate != nil {
		if one := rate[1] == "1"; one != (rate[3] == "") {
			plural := "s"
			if one {
				plural = ""
			}
			return fmt.Sprintf("EventBridge takes only the right number: use %q",
				"rate("+rate[1]+" "+rate[2]+plural+")")
		}
		return ""
	}
	if !cronPattern.MatchString(text) {
		return "EventBridge takes a rate in minutes, hours or days, or a cron expression of six fields: " + such
	}
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
	fields := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(text, "cron("), ")"))
	if (fields[2] == "?") == (fields[4] == "?") {
		return `EventBridge wants "?" for exactly one of the day of the month (third field) and the day of the week (fifth): ` +
			such
	}
	return ""
}
