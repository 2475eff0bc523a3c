package ecr

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"strings"
)

// PullThrough is a rule by which the registry answers for another one.
type PullThrough struct {
	// Prefix is that of the repositories' names, without the slash.
	Prefix string
	// Mirror (host:port, plain HTTP) has the other registry's images, under the
	// names that they have there.
	Mirror string
}

// AddPullThrough answers pulls of repositories under a prefix from another registry.
// Of ECR's cache, nothing is kept here: each request goes on to the mirror. What a
// first pull needs besides, the registry remembers for as long as it runs.
func (r *Registry) AddPullThrough(rule PullThrough) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.caches[rule.Prefix]; ok {
		return &Error{"PullThroughCacheRuleAlreadyExistsException", fmt.Sprintf(
			"A pull through cache rule with the prefix '%s' already exists in the registry with id '%s'", rule.Prefix,
			r.ID())}
	}
	r.caches[rule.Prefix] = rule
	return nil
}

// pullThrough finds the rule for a repository, and what it is called in the other
// registry: the longest prefix wins.
func (r *Registry) pullThrough(name string) (rule PullThrough, upstream string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for prefix, candidate := range r.caches {
		if rest, under := strings.CutPrefix(name, prefix+"/"); under && len(prefix) >= len(rule.Prefix) {
			rule, upstream, ok = candidate, rest, true
		}
	}
	return rule, upstream, ok
}

// first reports whether something is asked for the first time.
func (r *Registry) first(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.cached[what]
}

func (r *Registry) keep(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cached[what] = true
}

// importing are the actions of a first pull: of a repository, and of an image.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html
func (r *Registry) importing(guard Guard, name, kind, reference string) error {
	steps := []struct{ what, action string }{{name, "ecr:CreateRepository"}}
	if kind == "manifests" {
		steps = append(steps, struct{ what, action string }{name + "@" + reference, "ecr:BatchImportUpstreamImage"})
	}
	for _, step := range steps {
		if !r.first(step.what) {
			continue
		}
		if err := guard(step.action, name); err != nil {
			return err
		}
		r.keep(step.what)
	}
	return nil
}

func (r *Registry) serveCache(w http.ResponseWriter, request *http.Request, guard Guard, rule PullThrough, name,
	upstream, kind, reference string) {
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED",
			fmt.Errorf("%s is a cache: nothing is pushed into it", name))
		return
	}
	if err := r.importing(guard, name, kind, reference); err != nil {
		refuse(w, http.StatusForbidden, "DENIED", err)
		return
	}
	proxy := httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", rule.Mirror, rule.Mirror
			p.Out.URL.Path, p.Out.URL.RawPath = "/v2/"+upstream+"/"+kind+"/"+reference, ""
			p.Out.Header.Del("Authorization") // it is this registry's
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			refuse(w, http.StatusBadGateway, "UNKNOWN", err)
		},
	}
	proxy.ServeHTTP(w, request)
}
