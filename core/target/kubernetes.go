package target

import (
	"regexp"
	"strings"
	"sync"
)

// A Kubernetes API server says whom it sees when it is asked for a review of
// whoever asks (SelfSubjectReview of authentication.k8s.io/v1, Kubernetes 1.28).
// That is a POST which creates nothing.
const (
	reviewPath = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

	// ReviewBody is its body, of the type application/json.
	ReviewBody = `{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}`
	// ReviewNobody is its word for who showed no certificate.
	ReviewNobody = "system:anonymous"
)

// ReviewName finds whom the answer names, in its status.userInfo.
var ReviewName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"username"\s*:\s*"((?:[^"\\]|\\.)*)"`) })

// ReviewPath is where the review is under a URL's path.
func ReviewPath(path string) string {
	path = strings.TrimSuffix(path, "/")
	if strings.HasSuffix(path, reviewPath) {
		return path
	}
	return path + reviewPath
}
