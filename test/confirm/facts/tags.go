package facts

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"

	"archway/test/confirm/internal/account"
)

// tags are what CodeCommit says of git's tags, and of histories.
var tags = []Fact{
	{
		Name:     "light-tag-event",
		Question: "Is the `commitId` in the event of a lightweight tag the commit?",
		Readings: []Reading{
			{Name: "commit", Says: "it is the commit"},
			{Name: "other", Says: "it is something else",
				Wrong: "no lightweight tag is built: the trigger takes it for a " +
					"tag that has moved"},
		},
		Proof: "A tag without an annotation is pushed; the event, by way of a queue, beside what git says.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			event, commit, _, err := tagged(ctx, s, "tag light")
			switch {
			case err != nil:
				return Seen{}, err
			case event == commit:
				return Seen{"commit", "the event named " + event}, nil
			}
			return Seen{"other", fmt.Sprintf("the event named %s, the commit is %s", event, commit)}, nil
		},
	},
	{
		Name:     "tag-event",
		Question: "Is the `commitId` in the event of an annotated tag the commit's, or the tag object's?",
		Readings: []Reading{
			{Name: "commit", Says: "it is the commit's id"},
			{Name: "object", Says: "it is the tag object's id", Option: "tag-object"},
		},
		Proof: "An annotated tag is pushed; the event, by way of a queue, beside what git says.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			event, commit, object, err := tagged(ctx, s, "tag -a light -m annotated")
			text := fmt.Sprintf("the event named %s, the commit is %s, the tag object %s", event, commit, object)
			switch {
			case err != nil:
				return Seen{}, err
			case event == commit:
				return Seen{"commit", text}, nil
			case event == object:
				return Seen{"object", text}, nil
			}
			return Seen{"neither", text}, nil
		},
	},
	{
		Name:     "getfolder-tag",
		Question: "Does GetFolder resolve a tag's name to its commit, annotated or not?",
		Readings: []Reading{
			{Name: "both", Says: "it gives the commit of both"},
			{Name: "not-both", Says: "it does not",
				Wrong: "no tag that isn't resolved is built: the trigger can't tell " +
					"whether it has moved"},
		},
		Proof: "GetFolder of `/` with `refs/tags/` and the name of a lightweight tag and of an annotated one, or else the " +
			"name alone, as the trigger asks.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			c, err := newClone(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if err := c.work(ctx, "tag light", "tag -a annotated -m a"); err != nil {
				return Seen{}, err
			}
			if err := c.push(ctx, "light", "annotated"); err != nil {
				return Seen{}, err
			}
			commit, err := c.id(ctx, "main")
			if err != nil {
				return Seen{}, err
			}
			light, lightErr := c.resolveTag(ctx, "light")
			annotated, annotatedErr := c.resolveTag(ctx, "annotated")
			text := fmt.Sprintf("the commit is %s, of the lightweight tag %s, of the annotated one %s", commit,
				said(light, lightErr), said(annotated, annotatedErr))
			if light == commit && annotated == commit {
				return Seen{"both", text}, nil
			}
			return Seen{"not-both", text}, refusedOnly(lightErr, annotatedErr)
		},
	},
	{
		Name:     "getfolder-tag-object",
		Question: "Does GetFolder resolve the id of a tag object?",
		Readings: []Reading{
			{Name: "refused", Says: "it refuses the id of a tag object"},
			{Name: "commit", Says: "it gives the commit", Option: "peels-ids"},
		},
		Proof: "GetFolder of `/` with the id of an annotated tag's object.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			c, err := newClone(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if err := c.work(ctx, "tag -a annotated -m a"); err != nil {
				return Seen{}, err
			}
			if err := c.push(ctx, "annotated"); err != nil {
				return Seen{}, err
			}
			object, err := c.id(ctx, "annotated")
			if err != nil {
				return Seen{}, err
			}
			commit, err := c.id(ctx, "main")
			if err != nil {
				return Seen{}, err
			}
			got, err := c.resolve(ctx, object)
			text := "the answer was " + said(got, err)
			switch {
			case err == nil && got == commit:
				return Seen{"commit", text}, nil
			case err == nil:
				return Seen{"neither", text}, nil
			}
			return Seen{"refused", text}, refusedOnly(err)
		},
	},
	{
		Name:     "getfolder-both",
		Question: "What does GetFolder say of a name that is a branch and a tag?",
		Readings: []Reading{
			{Name: "tag", Says: "it gives the tag's commit; the trigger refuses such a name"},
			{Name: "branch", Says: "it gives the branch's commit; the trigger refuses such a name"},
			{Name: "refused", Says: "it refuses the name"},
		},
		Proof: "A branch and a tag of one name at two commits; GetFolder of `/` with `name`, `refs/heads/name` and " +
			"`refs/tags/name`.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			c, err := newClone(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if err := c.work(ctx, "tag both", "commit --quiet --allow-empty -m second", "branch both"); err != nil {
				return Seen{}, err
			}
			if err := c.push(ctx, "refs/tags/both", "refs/heads/both"); err != nil {
				return Seen{}, err
			}
			branch, err := c.id(ctx, "refs/heads/both")
			if err != nil {
				return Seen{}, err
			}
			got, err := c.resolve(ctx, "both")
			text := said(got, err)
			for _, whole := range []string{"refs/heads/both", "refs/tags/both"} {
				text += ", of " + whole + " " + said(c.resolve(ctx, whole))
			}
			switch text = "of the name " + text; {
			case err == nil && got == branch:
				return Seen{"branch", text}, nil
			case err == nil:
				return Seen{"tag", text}, nil
			}
			return Seen{"refused", text}, refusedOnly(err)
		},
	},
	{
		Name:     "merge-base",
		Question: "What does GetMergeOptions say of two commits without a common ancestor?",
		Readings: []Reading{
			{Name: "empty", Says: "it names an empty merge base"},
			{Name: "refused", Says: "it refuses them", Wrong: "a commit that has nothing to do with its branch fails " +
				"promotion with AWS's words, not with ours; no tag moves"},
		},
		Proof: "A branch that begins anew is pushed; GetMergeOptions of it and of main.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			c, err := newClone(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if err := c.work(ctx, "checkout --quiet --orphan other",
				"commit --quiet --allow-empty -m other"); err != nil {
				return Seen{}, err
			}
			if err := c.push(ctx, "other"); err != nil {
				return Seen{}, err
			}
			out, err := s.CodeCommit.GetMergeOptions(ctx, &codecommit.GetMergeOptionsInput{
				RepositoryName: &c.name, SourceCommitSpecifier: aws.String("other"),
				DestinationCommitSpecifier: aws.String("main"),
			})
			if err != nil {
				return Seen{"refused", err.Error()}, refusedOnly(err)
			}
			if base := aws.ToString(out.BaseCommitId); base != "" {
				return Seen{"neither", "the merge base is " + base}, nil
			}
			return Seen{"empty", "the merge base is empty"}, nil
		},
	},
}

// tagged pushes the tag "light" that the command makes, and reads its event.
func tagged(ctx context.Context, s *account.Session, command string) (event, commit, object string, err error) {
	c, err := newClone(ctx, s)
	if err != nil {
		return "", "", "", err
	}
	if commit, err = c.id(ctx, "main"); err != nil {
		return "", "", "", err
	}
	eventOf, err := c.listen(ctx)
	if err != nil {
		return "", "", "", err
	}
	if err = c.work(ctx, command); err != nil {
		return "", "", "", err
	}
	if err = c.push(ctx, "light"); err != nil {
		return "", "", "", err
	}
	if object, err = c.id(ctx, "light"); err != nil {
		return "", "", "", err
	}
	event, err = eventOf("light")
	return event, commit, object, err
}

// resolveTag asks as the trigger does for a tag.
func (c clone) resolveTag(ctx context.Context, tag string) (string, error) {
	commit, err := c.resolve(ctx, "refs/tags/"+tag)
	if code := account.Code(err); code == "CommitDoesNotExistException" || code == "InvalidCommitException" {
		return c.resolve(ctx, tag)
	}
	return commit, err
}

// resolve asks as the trigger and the promoter do.
func (c clone) resolve(ctx context.Context, specifier string) (string, error) {
	out, err := c.CodeCommit.GetFolder(ctx, &codecommit.GetFolderInput{
		RepositoryName: &c.name, CommitSpecifier: &specifier, FolderPath: aws.String("/"),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.CommitId), nil
}

func said(answer string, err error) string {
	if err != nil {
		return account.Code(err)
	}
	return answer
}

// refusedOnly keeps the errors that are no answer of the service to the question: no permission, no
// connection.
func refusedOnly(problems ...error) error {
	for _, err := range problems {
		if code := account.Code(err); err != nil && (code == "" || code == "AccessDeniedException" ||
			code == "ThrottlingException") {
			return err
		}
	}
	return nil
}
