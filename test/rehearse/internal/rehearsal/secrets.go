package rehearsal

import (
	"crypto/rand"
	"strings"

	"archway/test/rehearse/internal/codebuild"
)

// secret is what a build's variable stands for. Nothing real is known here: each
// secret gets a value of its own, made up when it is first asked for.
func (r *Rehearsal) secret(build, role string, v codebuild.Variable) (string, error) {
	return r.BuildSecret(v.Type, v.Value), nil
}

// BuildSecret is the made-up value of a secret or a parameter, by the type of the
// variable that asks for it and by what it asks for.
func (r *Rehearsal) BuildSecret(kind, location string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := kind + " " + strings.TrimPrefix(location, "/")
	if r.made[key] == "" {
		r.made[key] = "made-up-" + rand.Text()
	}
	return r.made[key]
}
