package index

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Statement is an in-toto statement as far as the checks need it
// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
type Statement struct {
	PredicateType string
	// Subjects are the digests that it is about, such as sha256:….
	Subjects []string
	// Revisions are the commits that a provenance records as its source. Often there are none: a
	// build from a folder knows no commit.
	Revisions []string
}

// Media types that statements are kept in: bare, in an envelope with signatures, and in Sigstore's
// bundle around that.
const (
	DSSE           = "application/vnd.dsse.envelope.v1+json"
	sigstoreBundle = "application/vnd.dev.sigstore.bundle" // and a version
)

// holdsStatement reports whether a layer of this type may hold a statement.
func holdsStatement(mediaType string) bool {
	return mediaType == InToto || mediaType == DSSE || strings.HasPrefix(mediaType, sigstoreBundle)
}

// IsProvenance reports whether a predicate says how something was built: SLSA's v0.1, v0.2 and v1.
func IsProvenance(predicateType string) bool {
	return strings.HasPrefix(predicateType, "https://slsa.dev/provenance/")
}

// ParseStatement decodes a statement of a layer, out of its envelope if it has one. Signatures are
// not verified: there is no key to do that with.
func ParseStatement(mediaType string, b []byte) (Statement, error) {
	var s Statement
	if mediaType != InToto {
		var err error
		if b, err = payload(b); err != nil {
			return s, err
		}
	}
	if _, err := weigh(b); err != nil {
		return s, err
	}
	var doc struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
		Subject       []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
		Predicate json.RawMessage `json:"predicate"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return s, readable(err)
	}
	if err := unambiguous(b, doc); err != nil {
		return s, err
	}
	if !strings.HasPrefix(doc.Type, "https://in-toto.io/Statement/") {
		return s, fmt.Errorf("its _type is %q, not that of an in-toto statement", doc.Type)
	}
	s.PredicateType = doc.PredicateType
	for _, subject := range doc.Subject {
		for algorithm, hex := range subject.Digest {
			s.Subjects = append(s.Subjects, algorithm+":"+hex)
		}
	}
	slices.Sort(s.Subjects)
	s.Subjects = slices.Compact(s.Subjects)
	if IsProvenance(s.PredicateType) {
		var p provenance
		if err := json.Unmarshal(doc.Predicate, &p); err != nil {
			return s, fmt.Errorf("its predicate: %w", readable(err))
		}
		if err := unambiguous(doc.Predicate, p); err != nil {
			return s, fmt.Errorf("its predicate: %w", err)
		}
		s.Revisions = p.revisions()
	}
	return s, nil
}

// unambiguous refuses what two programs can read differently.
func unambiguous(b []byte, known any) error {
	if found := ambiguities(b, known); len(found) > 0 {
		return errors.New(strings.Join(found, "; "))
	}
	return nil
}

// payload takes a statement out of a DSSE envelope, which may lie in a Sigstore bundle.
func payload(b []byte) ([]byte, error) {
	if _, err := weigh(b); err != nil {
		return nil, err
	}
	type envelope struct {
		Payload     string `json:"payload"`
		PayloadType string `json:"payloadType"`
	}
	var doc struct {
		envelope
		Bundled *envelope `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, readable(err)
	}
	if err := unambiguous(b, doc); err != nil {
		return nil, err
	}
	e := doc.envelope
	if doc.Bundled != nil {
		e = *doc.Bundled
	}
	switch {
	case e.Payload == "":
		return nil, errors.New("it holds a signature and no statement")
	case e.PayloadType != InToto:
		return nil, fmt.Errorf("its envelope holds %q and no in-toto statement", e.PayloadType)
	}
	statement, err := base64.StdEncoding.DecodeString(e.Payload)
	if err != nil {
		return nil, errors.New("its envelope's payload is not base64")
	}
	return statement, nil
}

// provenance has the places where the versions of SLSA provenance record the source's commit.
type provenance struct {
	// v0.2
	BuildType  string `json:"buildType"`
	Invocation struct {
		ConfigSource resource `json:"configSource"`
	} `json:"invocation"`
	Materials []resource `json:"materials"`
	Metadata  struct {
		BuildKit vcs `json:"https://mobyproject.org/buildkit@v1#metadata"`
	} `json:"metadata"`
	// v1
	BuildDefinition struct {
		BuildType          string `json:"buildType"`
		ExternalParameters struct {
			ConfigSource resource `json:"configSource"`
		} `json:"externalParameters"`
		ResolvedDependencies []resource `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Metadata struct {
			BuildKit vcs `json:"buildkit_metadata"`
		} `json:"metadata"`
	} `json:"runDetails"`
}

type vcs struct {
	VCS struct {
		Revision string `json:"revision"`
	} `json:"vcs"`
}

// resource is something that a build was made from. Some builders write other shapes in its place,
// which say nothing here.
type resource struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

func (r *resource) UnmarshalJSON(b []byte) error {
	var plain struct {
		URI    string            `json:"uri"`
		Digest map[string]string `json:"digest"`
	}
	if json.Unmarshal(b, &plain) == nil {
		r.URI, r.Digest = plain.URI, plain.Digest
	}
	return nil
}

func (r resource) commit() string {
	if c := r.Digest["gitCommit"]; c != "" {
		return c
	}
	return r.Digest["sha1"]
}

// revisions are the commits of the source. What BuildKit lists as materials is also what the
// Dockerfile fetched by git, which is not the source; other builders record the source nowhere
// else.
func (p provenance) revisions() []string {
	found := []string{
		p.Invocation.ConfigSource.commit(), p.Metadata.BuildKit.VCS.Revision,
		p.BuildDefinition.ExternalParameters.ConfigSource.commit(), p.RunDetails.Metadata.BuildKit.VCS.Revision,
	}
	if kind := p.BuildType + p.BuildDefinition.BuildType; !strings.Contains(kind, "mobyproject.org/buildkit") &&
		!strings.Contains(kind, "moby/buildkit") {
		for _, r := range append(p.Materials, p.BuildDefinition.ResolvedDependencies...) {
			if strings.HasPrefix(r.URI, "git+") || r.Digest["gitCommit"] != "" {
				found = append(found, r.commit())
			}
		}
	}
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(c string) bool { return c == "" })
}
