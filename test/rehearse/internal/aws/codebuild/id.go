package codebuild

import (
	"crypto/rand"
	"fmt"
)

// buildID is the part of a build's id after the project's name.
func buildID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
