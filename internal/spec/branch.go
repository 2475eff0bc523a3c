package spec

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var commitID = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

// maxBranch is CodeCommit's limit:
// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html (branch names).
const maxBranch = 256

// branch gives what to tell about a branch that git, CodeCommit or Archway can't take.
// https://git-scm.com/docs/git-check-ref-format,
// https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
func branch(name string) string {
	const such = `use a name such as "main" or "release/1.0"`
	git := func(format string, args ...any) string {
		return fmt.Sprintf("git takes no branch that "+format+": "+such, args...)
	}
	switch {
	case name == "":
		return "is empty: " + such
	case strings.HasPrefix(name, "refs/heads/"):
		return fmt.Sprintf("is a full reference: use the branch alone, %q", strings.TrimPrefix(name, "refs/heads/"))
	case utf8.RuneCountInString(name) > maxBranch:
		return fmt.Sprintf("CodeCommit takes at most %d characters: %s", maxBranch, such)
	case commitID.MatchString(name):
		return "CodeCommit takes no branch that looks like a commit ID, 40 hexadecimal digits: " + such
	case name == "@" || name == "HEAD":
		return git("is named %s", name)
	case strings.HasPrefix(name, "-"):
		return git("begins with %q", "-")
	case strings.HasSuffix(name, "."):
		return git("ends in %q", ".")
	}
	for _, sequence := range []string{"..", "@{", "//"} {
		if strings.Contains(name, sequence) {
			return git("holds %q", sequence)
		}
	}
	for _, r := range name {
		switch {
		case r == utf8.RuneError:
			return "holds a character that is not Unicode: " + such
		case r < ' ' || r == 0x7f:
			return git("holds a control character")
		case strings.ContainsRune(` ~^:?*[\`, r):
			return git("holds %q", string(r))
		}
	}
	if strings.Contains(name, "#{") {
		return `CodePipeline would read "#{" as the beginning of a variable: ` + such
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return git("begins or ends with %q", "/")
		case strings.HasPrefix(part, "."):
			return git("has a part that begins with %q", ".")
		case strings.HasSuffix(part, ".lock"):
			return git("has a part that ends in %q", ".lock")
		}
	}
	return ""
}
