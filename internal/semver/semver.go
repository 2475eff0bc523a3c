// Package semver reads the versions that git tags are called after, as https://semver.org defines
// them, and knows their order. It is imported by the Lambda functions and stays free of the CDK.
package semver

import (
	"fmt"
	"regexp"

	"golang.org/x/mod/semver"
)

// Version is a version without what SemVer calls build metadata, which says nothing about order.
type Version struct {
	Major, Minor, Patch string
	// Prerelease is what stands behind the hyphen; empty in a release.
	Prerelease string
}

// form is how a git tag is called after a version: all three numbers, and often a "v" before them.
var form = regexp.MustCompile(`\Av?([0-9]+)\.([0-9]+)\.([0-9]+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?\z`)

// Parse reads the name of a git tag, such as v1.2.3 or 1.2.3-rc.1. It is false if that is no
// version.
func Parse(name string) (Version, bool) {
	found := form.FindStringSubmatch(name)
	if found == nil {
		return Version{}, false
	}
	v := Version{found[1], found[2], found[3], found[4]}
	whole := v.String()
	if found[5] != "" {
		whole += "+" + found[5]
	}
	// Numbers with leading zeros, or an empty part, are none.
	return v, semver.IsValid("v" + whole)
}

// String gives the version, such as 1.2.3-rc.1.
func (v Version) String() string {
	text := fmt.Sprintf("%s.%s.%s", v.Major, v.Minor, v.Patch)
	if v.Prerelease != "" {
		text += "-" + v.Prerelease
	}
	return text
}

// Compare is negative if v comes before other, and 0 if they are equal: numbers by their value, and
// a prerelease before its release.
func (v Version) Compare(other Version) int {
	return semver.Compare("v"+v.String(), "v"+other.String())
}

// Expressions of the names that Parse takes, a bit wider, and of their parts in a tag.
const (
	Name       = `v?` + Release + `(?:-` + identifiers + `)?(?:\+` + identifiers + `)?`
	Release    = Number + `\.` + Number + `\.` + Number
	Prerelease = Release + `-` + identifiers
	Number     = `[0-9]+`

	identifiers = `[0-9A-Za-z.-]+`
)
