package endpoint

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Notice is what somebody published to a topic.
type Notice struct {
	Caller  Caller `json:"caller"`
	Topic   string `json:"topic"`
	Subject string `json:"subject"`
	// Text is what subscribers get, such as those by mail.
	Text string `json:"text"`
	// Others are what subscribers of some protocols get instead.
	Others map[string]string `json:"others,omitempty"`
}

// Limits of SNS: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const (
	maxSubject = 100
	maxNotice  = 256 << 10
)

// isQuery reports whether a request speaks AWS's Query protocol, as SNS's clients
// do: a form, answered with XML.
func isQuery(r *http.Request) bool {
	return r.Header.Get("X-Amz-Target") == "" &&
		strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// serveQuery answers a call of SNS.
func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	caller, service, err := s.authenticate(r)
	if err == nil {
		err = r.ParseForm()
	}
	action := r.PostForm.Get("Action")
	switch {
	case err != nil:
	case service != "sns" || action != "Publish":
		err = &Error{"InvalidAction",
			fmt.Sprintf("the rehearsal does not support the call %s of %s (made by %s)", action, service, caller)}
	default:
		if err = s.allowPublish(caller, r.PostForm); err == nil {
			err = s.publish(caller, r.PostForm)
		}
	}
	s.record(Call{Time: time.Now(), Caller: caller, Service: service, Operation: action, Code: code(err)})
	replyQuery(w, action, err)
}

// publish takes a message for a topic. The rehearsal has no subscribers; it keeps the message.
func (s *Server) publish(caller Caller, form url.Values) error {
	n := Notice{Caller: caller, Topic: form.Get("TopicArn"), Subject: form.Get("Subject"), Text: form.Get("Message")}
	switch structure := form.Get("MessageStructure"); {
	case len(n.Text) > maxNotice:
		return invalidParameter("Message too long")
	case structure == "json":
		if err := json.Unmarshal([]byte(n.Text), &n.Others); err != nil {
			return invalidParameter("Message Structure - JSON message body failed to parse")
		}
		n.Text = n.Others["default"]
		delete(n.Others, "default")
		if n.Text == "" {
			return invalidParameter("Message Structure - No default entry in JSON message body")
		}
	case structure != "":
		return invalidParameter("MessageStructure")
	}
	return s.Notify(n)
}

func invalidParameter(what string) error {
	return &Error{"InvalidParameter", "Invalid parameter: " + what}
}

// Notify publishes a message, also for a service that does so by itself.
func (s *Server) Notify(n Notice) error {
	switch {
	case !arn.IsARN(n.Topic):
		return invalidParameter("TopicArn")
	case n.Text == "" || !utf8.ValidString(n.Text):
		return invalidParameter("Empty message")
	case len(n.Text) > maxNotice:
		return invalidParameter("Message too long")
	case len(n.Subject) >= maxSubject ||
		strings.ContainsFunc(n.Subject, func(c rune) bool { return c < ' ' || c > '~' }):
		return invalidParameter("Subject")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, n)
	return nil
}

// Notices are what topics were told so far.
func (s *Server) Notices() []Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Notice(nil), s.notices...)
}

// replyQuery answers as the Query protocol has it.
func replyQuery(w http.ResponseWriter, action string, err error) {
	w.Header().Set("Content-Type", "text/xml")
	if err == nil {
		fmt.Fprintf(w,
			"<%sResponse><%[1]sResult><MessageId>00000000-0000-0000-0000-000000000000</MessageId></%[1]sResult></%[1]sResponse>",
			action)
		return
	}
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>", code(err))
	_ = xml.EscapeText(w, []byte(err.Error())) // the client is gone if this fails
	fmt.Fprint(w, "</Message></Error></ErrorResponse>")
}
