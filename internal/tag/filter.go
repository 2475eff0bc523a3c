package tag

import "strings"

// MaxWildcards is how many "*" ECR takes in one filter.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
const MaxWildcards = 2

// Filter gives the filter that excludes the template's tags from a repository's tag immutability:
// the text of the template with the branch filled in, and "*" for what changes from run to run.
func (t Template) Filter(branchName string) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		switch p.kind {
		case literal:
			b.WriteString(p.literal)
		case branch:
			name := Branch(branchName)
			if name == "" {
				return "", t.errorf("nothing of the branch %q can stand in a tag", branchName)
			}
			b.WriteString(name)
		case commit, date, value:
			if !strings.HasSuffix(b.String(), "*") {
				b.WriteByte('*')
			}
		}
	}
	filter := b.String()
	switch {
	case len(filter) > MaxLength:
		return "",
			t.errorf("gives the filter %q of %d characters: ECR takes at most %d", filter, len(filter), MaxLength)
	case strings.Count(filter, "*") > MaxWildcards:
		return "",
			t.errorf("gives the filter %q: ECR takes at most %d \"*\" in a filter: use fewer {commit} and {date}, or put them side by side",
				filter, MaxWildcards)
	case filter == "":
		return "", t.errorf("gives an empty filter")
	}
	return filter, nil
}

// MayMatch reports whether some tag that the template yields on this branch is matched by a filter.
func (t Template) MayMatch(filter, branchName string) bool {
	return intersect(t.pattern(branchName), globPattern(filter))
}
