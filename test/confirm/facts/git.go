package facts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"archway/test/confirm/internal/account"
)

// clone is a repository of CodeCommit with a clone here: the API makes no tags, so that they have
// to be pushed.
type clone struct {
	*account.Session
	name, folder string
	environment  []string
}

// newClone has one commit on main, here and there.
func newClone(ctx context.Context, s *account.Session) (clone, error) {
	c := clone{Session: s}
	if _, err := exec.LookPath("git"); err != nil {
		return c, NotTried{"git is not installed here: only it pushes tags"}
	}
	var err error
	if c.name, err = s.Git(ctx, "git"); err != nil {
		return c, err
	}
	if c.folder, err = os.MkdirTemp("", s.Prefix); err != nil {
		return c, err
	}
	s.Undo("the folder "+c.folder, func(context.Context) error { return os.RemoveAll(c.folder) })
	// The password reaches git by its environment, which no list of processes shows to others.
	ask := filepath.Join(c.folder, "ask")
	script := "#!/bin/sh\ncase $1 in Username*) echo \"$CONFIRM_USER\" ;; *) echo \"$CONFIRM_PASSWORD\" ;; esac\n"
	if err := os.WriteFile(ask, []byte(script), 0o700); err != nil {
		return c, err
	}
	c.environment = append(os.Environ(), "GIT_ASKPASS="+ask, "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=confirm", "GIT_AUTHOR_EMAIL=confirm@example.com",
		"GIT_COMMITTER_NAME=confirm", "GIT_COMMITTER_EMAIL=confirm@example.com")
	if _, err := c.git(ctx, "init", "--quiet", "--initial-branch", "main", "work"); err != nil {
		return c, err
	}
	if err := os.WriteFile(filepath.Join(c.folder, "work", "a.txt"), []byte("a\n"), 0o600); err != nil {
		return c, err
	}
	if err := c.work(ctx, "add a.txt", "commit --quiet -m first"); err != nil {
		return c, err
	}
	return c, c.push(ctx, "main")
}

func (c clone) git(ctx context.Context, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", arguments...)
	cmd.Dir, cmd.Env = c.folder, c.environment
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(arguments, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// id of an object, as a revision names it.
func (c clone) id(ctx context.Context, revision string) (string, error) {
	return c.git(ctx, "-C", "work", "rev-parse", "--verify", "--quiet", revision)
}

// work does commands in the clone.
func (c clone) work(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		if _, err := c.git(ctx, append([]string{"-C", "work"}, strings.Fields(command)...)...); err != nil {
			return err
		}
	}
	return nil
}

func (c clone) push(ctx context.Context, references ...string) error {
	credentials, err := c.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	suffix := "amazonaws.com"
	if c.Partition == "aws-cn" {
		suffix += ".cn"
	}
	host, path := fmt.Sprintf("git-codecommit.%s.%s", c.Region, suffix), "/v1/repos/"+c.name
	user, password := gitPassword(credentials, c.Region, host, path, time.Now())
	c.Secret(password)
	c.environment = append(c.environment, "CONFIRM_USER="+user, "CONFIRM_PASSWORD="+password)
	arguments := []string{"-C", "work", "-c", "credential.helper=", "push", "--quiet", "https://" + host + path}
	_, err = c.git(ctx, append(arguments, references...)...)
	return err
}

// gitPassword is what CodeCommit takes for git over HTTPS: the time, and a signature of version 4
// over a request called GIT, as `aws codecommit credential-helper` makes it.
func gitPassword(c aws.Credentials, region, host, path string, now time.Time) (user, password string) {
	stamp := now.UTC().Format("20060102T150405")
	scope := stamp[:8] + "/" + region + "/codecommit/aws4_request"
	request := sha256.Sum256(fmt.Appendf(nil, "GIT\n%s\n\nhost:%s\n\nhost\n", path, host))
	key := []byte("AWS4" + c.SecretAccessKey)
	for _, part := range append(strings.Split(scope, "/"),
		"AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(request[:])) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	user = c.AccessKeyID
	if c.SessionToken != "" {
		user += "%" + c.SessionToken
	}
	return user, stamp + "Z" + hex.EncodeToString(key)
}

// listen has EventBridge put what happens in the repository into a queue, of which commits gives
// the event's commitId of a tag.
func (c clone) listen(ctx context.Context) (commit func(tag string) (string, error), err error) {
	address, arn, err := c.Queue(ctx, "events")
	if err != nil {
		return nil, err
	}
	pattern := fmt.Sprintf(`{"source":["aws.codecommit"],"resources":[%q]}`, c.ARN("codecommit", c.name))
	if err := c.Rule(ctx, "rule", pattern, ebtypes.Target{Arn: &arn}); err != nil {
		return nil, err
	}
	if err := c.Sleep(ctx, 3*c.Pace); err != nil { // a rule made just now may miss an event
		return nil, err
	}
	seen := map[string]string{}
	return func(tag string) (string, error) {
		err := c.Wait(ctx, "the event of the tag "+tag, func() (bool, error) {
			out, err := c.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &address, MaxNumberOfMessages: 10})
			if err != nil {
				return false, err
			}
			for _, m := range out.Messages {
				var event struct {
					Detail struct{ ReferenceType, ReferenceName, CommitId string }
				}
				if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &event); err != nil {
					return false, err
				}
				if event.Detail.ReferenceType == "tag" {
					seen[event.Detail.ReferenceName] = event.Detail.CommitId
				}
			}
			return seen[tag] != "", nil
		})
		return seen[tag], err
	}, nil
}
