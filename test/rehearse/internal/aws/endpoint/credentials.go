package endpoint

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Caller is who makes calls.
type Caller struct {
	// Kind is "build" or "function".
	Kind string `json:"kind"`
	// Name is the build's id or the function's name.
	Name string `json:"name"`
	// Role is the ARN of the role whose credentials it has.
	Role string `json:"role"`
}

func (c Caller) String() string {
	if c.Name == "" {
		return "an unknown caller"
	}
	return c.Kind + " " + c.Name
}

type keys struct {
	caller                    Caller
	id, secret, token, bearer string
}

// credentialsPath is where builds fetch their credentials.
const credentialsPath = "/credentials/"

// validity is what STS gives a role by default. Nothing expires here.
const validity = time.Hour

func (s *Server) issue(caller Caller) *keys {
	c := &keys{
		caller: caller,
		id:     "ASIA" + rand.Text()[:16],
		secret: rand.Text() + rand.Text()[:14],
		token:  "session-" + rand.Text() + rand.Text(),
		bearer: "bearer-" + rand.Text(),
	}
	for _, secret := range []string{c.secret, c.token, c.bearer} {
		s.options.Secrets.Add(secret)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials[c.id] = c
	return c
}

// StaticEnvironment is how a function gets its role's credentials.
func (s *Server) StaticEnvironment(caller Caller) []string {
	c := s.issue(caller)
	return []string{
		"AWS_ACCESS_KEY_ID=" + c.id,
		"AWS_SECRET_ACCESS_KEY=" + c.secret,
		"AWS_SESSION_TOKEN=" + c.token,
	}
}

// ContainerEnvironment is how a build gets its role's credentials: by an address.
func (s *Server) ContainerEnvironment(caller Caller) []string {
	c := s.issue(caller)
	return []string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + s.URL() + credentialsPath + c.id,
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + c.bearer,
	}
}

func (s *Server) serveCredentials(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	c, ok := s.credentials[r.PathValue("id")]
	s.mu.Unlock()
	if !ok || r.Header.Get("Authorization") != c.bearer {
		http.Error(w, "no such credentials", http.StatusForbidden)
		return
	}
	reply(w, http.StatusOK, map[string]string{
		"AccessKeyId":     c.id,
		"SecretAccessKey": c.secret,
		"Token":           c.token,
		"RoleArn":         c.caller.Role,
		"Expiration":      time.Now().Add(validity).UTC().Format(time.RFC3339),
	})
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]{64}$`)

// authenticate tells who signed a request. The signature itself is not verified:
// only who holds the credentials knows the access key and the session token.
func (s *Server) authenticate(r *http.Request) (caller Caller, service string, err error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return caller, "", &Error{"MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	m := authorization.FindStringSubmatch(header)
	if m == nil {
		return caller, "",
			&Error{"IncompleteSignatureException", "the Authorization header is not an AWS4-HMAC-SHA256 signature"}
	}
	service = m[4]
	s.mu.Lock()
	c, ok := s.credentials[m[1]]
	s.mu.Unlock()
	if !ok || r.Header.Get("X-Amz-Security-Token") != c.token {
		return caller, service,
			&Error{"UnrecognizedClientException", "The security token included in the request is invalid."}
	}
	if m[3] != s.options.Region {
		return c.caller, service,
			&Error{"InvalidSignatureException",
				fmt.Sprintf("Credential should be scoped to a valid region, not '%s'.", m[3])}
	}
	if want := services[targetService(r)].signing; want != "" && service != want {
		return c.caller, service,
			&Error{"InvalidSignatureException",
				fmt.Sprintf("Credential should be scoped to correct service: '%s'.", want)}
	}
	return c.caller, service, nil
}

func targetService(r *http.Request) string {
	service, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return service
}
