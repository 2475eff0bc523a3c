package check

import (
	"fmt"
	"strings"

	"archway/lambda/internal/image/account"
	"archway/lambda/internal/image/index"
)

// user refuses an image whose USER nobody knows: runtimes look the name up in the image's own
// /etc/passwd and /etc/group before they start anything. Kubernetes can't look: it refuses a name
// where a pod has to run as somebody else than root.
var user = Check{Name: "user", About: "the image's user or group is not in its /etc/passwd or /etc/group",
	run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			if e.Start.Needs != nil {
				userOf(r, e, e.Start.Needs.User)
			}
		}
	}}

// userCure is how a user gets known.
func userCure(u account.Account) string {
	switch {
	case u.User == "root":
		return "write `USER 0`, which needs no /etc/passwd"
	case u.NoPasswd:
		return "write the number, as in `USER 1000`, or copy /etc/passwd and /etc/group from a stage that has the user"
	default:
		return "create it in the last stage of the Dockerfile (`RUN adduser …`), or write the number, as in `USER 1000`"
	}
}

const groupCure = "create it in the last stage of the Dockerfile (`RUN addgroup …`), " +
	"or write the number, as in `USER 1000:1000`"

func userOf(r *report, e *index.Entry, u account.Account) {
	problems := len(r.findings)
	if u.NoUser {
		r.add(Error, about(e), userCure(u),
			"the user %q is %s; no container starts (Docker says \"unable to find user\")%s",
			u.User, notIn("/etc/passwd", u.NoPasswd), expanded(u.User))
	}
	if u.NoGroup {
		r.add(Error, about(e), groupCure,
			"the group %q of USER is %s; Docker, Podman and containerd start no container (\"unable "+
				"to find group\"), only Kubernetes leaves the group out%s",
			u.Group, notIn("/etc/group", u.NoGroups), expanded(u.Group))
	}
	if u.Range {
		r.add(Error, about(e), "write smaller numbers, as in `USER 1000`",
			"the user %s is no number from 0 to 2147483647; no container starts", quoted(u))
	}
	if len(r.findings) == problems && u.Named() && u.User != "root" && (!u.Known || u.UID != 0) {
		r.add(Warning, about(e), numberCure(u),
			"the user %q is a name; a pod with runAsNonRoot is refused, as Kubernetes can't tell "+
				"that the name isn't root's, unless it says runAsUser", u.User)
	}
}

func notIn(file string, absent bool) string {
	if absent {
		return "not in the image, which has no " + file
	}
	return "not in the image's " + file
}

// expanded explains a name that should have been something else.
func expanded(name string) string {
	if strings.ContainsAny(name, "${}") {
		return "; USER expands only variables that ARG or ENV set before it in the same stage"
	}
	return ""
}

func quoted(u account.Account) string {
	if u.Group != "" {
		return fmt.Sprintf("%q", u.User+":"+u.Group)
	}
	return fmt.Sprintf("%q", u.User)
}

func numberCure(u account.Account) string {
	if u.Known {
		return fmt.Sprintf("write the number, as in `USER %d`", u.UID)
	}
	return "write the number, as in `USER 1000`"
}
