package tag

import (
	"strings"
	"time"
)

// Values are what a template is filled with.
type Values struct {
	// Commit is the whole commit ID: 40 lower-case hexadecimal characters.
	Commit string
	// Branch is the name of the branch as git knows it.
	Branch string
	// Time is when the image index was made: its annotation org.opencontainers.image.created, and
	// not the clock, so that a repeated promotion gives the same tag.
	Time time.Time
	// Named are the values that Parse was told of, as git knows them. One that is missing counts as
	// empty.
	Named map[string]string
}

// Render gives the tag. Every tag that it returns is Valid.
func (t Template) Render(v Values) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		switch p.kind {
		case value:
			if _, known := v.Named[p.name]; !known && strings.HasPrefix(p.name, version) {
				return "",
					t.errorf("the git tag %q is called after no version such as v1.2.3, see https://semver.org",
						v.Named["tag"])
			}
			fit := Fit(v.Named[p.name])
			if b.Len() == 0 {
				fit = strings.TrimLeft(fit, ".-")
			}
			b.WriteString(fit)
		case literal:
			b.WriteString(p.literal)
		case commit:
			if !isCommit(v.Commit) {
				return "", t.errorf("the commit is %q, want %d lower-case hexadecimal characters", v.Commit, fullCommit)
			}
			b.WriteString(v.Commit[:p.length])
		case branch:
			name := Branch(v.Branch)
			if name == "" {
				return "", t.errorf("nothing of the branch %q can stand in a tag", v.Branch)
			}
			b.WriteString(name)
		case date:
			if v.Time.IsZero() {
				return "",
					t.errorf("the time of creation is unknown: does the image index lack the annotation org.opencontainers.image.created?")
			}
			b.WriteString(v.Time.In(p.zone).Format(p.layout))
		}
	}
	name := b.String()
	if !Valid(name) {
		return "",
			t.errorf("gives %q (%d characters): a tag has 1 to %d letters, digits, \"_\", \".\" and \"-\", and does not begin with \".\" or \"-\"",
				name, len(name), MaxLength)
	}
	return name, nil
}

func isCommit(s string) bool {
	return len(s) == fullCommit && strings.Trim(s, "0123456789abcdef") == ""
}

// Branch makes the name of a branch fit for a tag: every character other than letters, digits, "_",
// "." and "-" becomes "-", and "." and "-" are cut from the beginning, where a tag can't have them.
// Upper and lower case stay. So feature/login gives feature-login. Two branches can give the same
// name.
func Branch(name string) string { return strings.TrimLeft(Fit(name), ".-") }

// Fit replaces by "-" every character that a tag can't hold. It is what happens to a value within a
// tag; one at the beginning of a tag also loses "." and "-" from its own beginning, as Branch does.
func Fit(name string) string { return strings.Map(FitRune, name) }

// FitRune is Fit for one character.
func FitRune(r rune) rune {
	if r > 127 || !tagByte(byte(r)) {
		return '-'
	}
	return r
}

// Fill gives the text of the template with its values, but for commit, branch and date, written
// out. It may be no template any more, for instance if a value is empty: Parse tells.
func (t Template) Fill(named map[string]string) string {
	var b strings.Builder
	for rest, i := t.source, 0; i < len(t.parts); i++ {
		p := t.parts[i]
		text := p.literal
		if p.kind != literal {
			text = rest[:strings.IndexByte(rest, '}')+1]
		}
		rest = rest[len(text):]
		if p.kind == value {
			if text = Fit(named[p.name]); b.Len() == 0 {
				text = strings.TrimLeft(text, ".-")
			}
		}
		b.WriteString(text)
	}
	return b.String()
}
