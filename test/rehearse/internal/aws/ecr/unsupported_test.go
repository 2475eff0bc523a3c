package ecr_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Attestations that are artifacts are refused.
func TestOCIArtifacts(t *testing.T) {
	f := start(t, nil)
	image := newImage(t)
	f.mustPush("mutable:1", image)
	manifest, err := image.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	const attestation = "application/vnd.docker.attestation.manifest.v1+json"
	subject := fmt.Sprintf(`{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":1}`,
		digestOf(t, image))
	tests := map[string]struct {
		add     map[string]string
		refused bool
	}{
		"what BuildKit 0.32 writes by itself": {map[string]string{"artifactType": `"` + attestation + `"`,
			"subject": subject}, true},
		"a signature": {
			map[string]string{"artifactType": `"application/vnd.cncf.notary.signature"`, "subject": subject}, false},
		"an attestation without a subject":         {map[string]string{"artifactType": `"` + attestation + `"`}, false},
		"an image that refers to another":          {map[string]string{"subject": subject}, false},
		"what BuildKit writes with oci-artifact=0": {nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var body map[string]json.RawMessage
			if err := json.Unmarshal(manifest, &body); err != nil {
				t.Fatal(err)
			}
			body["annotations"] = json.RawMessage(fmt.Sprintf(`{"test":%q}`, name))
			for key, value := range test.add {
				body[key] = json.RawMessage(value)
			}
			changed, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			request, err := http.NewRequest(http.MethodPut, "https://"+f.Host()+"/v2/mutable/manifests/tag",
				bytes.NewReader(changed))
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth("AWS", "secret")
			request.Header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			answer, err := f.transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			code := "InvalidParameterException"
			if err = transport.CheckError(answer, http.StatusCreated); test.refused {
				wantHTTP(t, err, http.StatusMethodNotAllowed, "UNSUPPORTED", "oci-artifact=false")
			} else if code = "ImageAlreadyExistsException"; err != nil {
				t.Error(err)
			}
			wantAPI(t, f.PutImage("mutable", "", changed, "", "tag"), code)
		})
	}
}

// Other clients' referrers go through as a whole.
func TestReferrersArePushed(t *testing.T) {
	f := start(t, nil)
	image := newImage(t)
	f.mustPush("mutable:1", image)
	subject, err := remote.Head(f.ref("mutable:1"), f.options()...)
	if err != nil {
		t.Fatal(err)
	}
	referrer := mutate.Subject(newImage(t), *subject).(v1.Image)
	f.mustPush("mutable@"+digestOf(t, referrer), referrer)
}
