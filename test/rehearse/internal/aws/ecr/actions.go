package ecr

import (
	"fmt"
	"net/http"
	"strings"
)

// actions says which of ECR's actions a request needs, by the kind of what it is
// about and the method. The protocol's requests have no actions of their own: ECR
// maps them to those of its API. Which ones is documented for pulls and pushes as a
// whole; who needs what of them was read from the errors that people met, and from
// what the API's operations do.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
// https://github.com/aws-actions/amazon-ecr-login/issues/14 (a push looks blobs up)
var actions = map[string]map[string][]string{
	"manifests": {
		http.MethodHead:   {"ecr:BatchGetImage"},
		http.MethodGet:    {"ecr:BatchGetImage"},
		http.MethodPut:    {"ecr:PutImage"},
		http.MethodDelete: {"ecr:BatchDeleteImage"},
	},
	"blobs": {
		http.MethodHead: {"ecr:BatchCheckLayerAvailability"},
		http.MethodGet:  {"ecr:GetDownloadUrlForLayer"},
	},
	"uploads": {
		http.MethodPost:  {"ecr:InitiateLayerUpload"},
		http.MethodPatch: {"ecr:UploadLayerPart"},
		// The last part may come with it.
		http.MethodPut:    {"ecr:UploadLayerPart", "ecr:CompleteLayerUpload"},
		http.MethodGet:    {"ecr:UploadLayerPart"},
		http.MethodDelete: {"ecr:UploadLayerPart"},
	},
	"tags": {
		http.MethodGet: {"ecr:ListImages"},
	},
	// ECR's own index of what refers to an image is not known here: nobody learns
	// anything from the answer, which is always "not found".
	"referrers": {
		http.MethodGet: {},
	},
}

// allowed asks the guard about the actions that a request needs, up to the first that is refused,
// which the answer names.
func allowed(guard Guard, method, repository, kind, rest string) error {
	if kind == "blobs" && strings.HasPrefix(rest, "uploads/") {
		kind = "uploads"
	}
	needed, ok := actions[kind][method]
	if !ok {
		return fmt.Errorf("the rehearsal does not know which action of ECR the request %s of %s in %s needs: add it to registry/actions.go",
			method, kind, repository)
	}
	for _, action := range needed {
		if err := guard(action, repository); err != nil {
			return err
		}
	}
	return nil
}
