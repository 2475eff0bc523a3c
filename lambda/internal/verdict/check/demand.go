package check

import (
	"fmt"
	"slices"
	"strings"

	"archway/lambda/internal/image/index"
)

// demand is that an image has a statement of some kind which is about it.
type demand struct {
	statements []index.Attached
	// wanted tells by its predicate whether a statement is of the kind.
	wanted func(predicateType string) bool
	// says is what such a statement says, and expected what it is.
	says, expected string
	cure           string
}

// met gives the statement, or reports why there is none.
func (d demand) met(r *report, e *index.Entry) (index.Attached, bool) {
	var unread []string
	var statements []index.Attached
	for _, a := range d.statements {
		switch {
		case a.State == index.Missing:
			unread = append(unread, "the statement of "+a.Where+" is not in "+r.place.holder())
		case a.State == index.TooLarge:
			unread = append(unread, "the statement of "+a.Where+" is too large to be read")
		case a.State != index.Read:
			unread = append(unread,
				"the statement of "+a.Where+" can't be read, as "+r.place.holds()+" other bytes than its digest names")
		case a.Err != nil:
			unread = append(unread, "the statement of "+a.Where+" can't be read: "+a.Err.Error())
		case d.wanted(a.PredicateType):
			statements = append(statements, a)
		}
	}
	of := e.Descriptor.Digest.String()
	proof, ok := d.proof(e)
	switch {
	case ok:
		return proof, true
	case len(statements) > 0 && len(statements[0].Subjects) == 0:
		r.add(Error, about(e),
			r.place.remerge("build it with a name, as in `docker buildx build --tag REPOSITORY:TAG`"),
			"the statement of %s about %s is about nothing, expected %s; BuildKit writes it so for an image that it "+
				"builds without a name", statements[0].Where, d.says, Short(of))
	case len(statements) > 0:
		r.add(Error, about(e), d.cure,
			"the statement of %s about %s is about %s, expected %s; it probably belongs to another build",
			statements[0].Where, d.says, subjects(statements[0]), Short(of))
	case len(unread) > 0:
		r.add(Error, about(e), d.cure, "nothing that can be read says %s: %s", d.says, some(unread))
	default:
		r.add(Error, about(e), d.cure, "nothing says %s, expected %s", d.says, d.expected)
	}
	return index.Attached{}, false
}

// stated is the cure where a statement is missing that an option of buildx has made.
func (p Place) stated(option string) string {
	const build = "build it with `docker buildx build "
	switch {
	case p == Pipeline && option == "--sbom=true":
		return `set "sbom": {} for the image in cdk.json, and run the pipeline again`
	case p == Pipeline:
		return pipelineCure
	case p == Folder:
		return build + option + " --output type=oci,tar=false,dest=FOLDER`"
	default:
		return build + option + "`, and merge from the digests that the builds reported"
	}
}

// proof finds the statement of the kind that is about the image.
func (d demand) proof(e *index.Entry) (index.Attached, bool) {
	at := slices.IndexFunc(d.statements, func(a index.Attached) bool {
		read := a.State == index.Read && a.Err == nil
		return read && d.wanted(a.PredicateType) && a.AboutImage(e)
	})
	if at < 0 {
		return index.Attached{}, false
	}
	return d.statements[at], true
}

// Referrers are those of the statements which were asked for, and which meet the demand, that are
// attached to the images or the index from outside of the index: who copies the index must take
// them along.
func Referrers(i *index.Image) []index.Attached {
	var all []index.Attached
	for _, e := range i.Images() {
		for _, d := range []demand{{statements: e.Provenance, wanted: index.IsProvenance},
			{statements: e.Bills, wanted: index.IsBill}} {
			if a, ok := d.proof(e); ok && a.Referrer != "" {
				all = append(all, a)
			}
		}
	}
	return all
}

// some lists reasons, in an order that doesn't change from one reading to the next, and says how
// many more there are.
func some(reasons []string) string {
	slices.Sort(reasons)
	text := strings.Join(reasons[:min(len(reasons), maxNamed)], "; ")
	if more := len(reasons) - maxNamed; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

func subjects(a index.Attached) string {
	var short []string
	for _, s := range a.Subjects[:min(len(a.Subjects), 3)] {
		short = append(short, Short(s))
	}
	return strings.Join(short, ", ")
}
