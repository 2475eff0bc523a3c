package config

import (
	"maps"
	"slices"
	"strings"

	"archway/internal/settings"
	"archway/internal/spec"
)

// Class is a class of trust: a pipeline of its own for the rules that name it, with its own
// machines, roles, caches and repositories, so that whoever may push to them reaches none of the
// others.
type Class struct {
	// Names of the images' secrets that its builds may use.
	// Default: none.
	Secrets []string `key:"secrets" unique:"true"`

	// Whether what it builds is promoted, to repositories of its own: CLASS/REPOSITORY. If not, it
	// is built, validated and tested, gets no tag, and nobody is asked to approve it.
	Promote bool `key:"promote" default:"true"`
}

// classes reads the classes of a pipeline whose images and rules were read before, and adds those
// that only rules name.
func (r *reader) classes(pipeline object, p Planned) map[string]Class {
	classes := map[string]Class{}
	for _, one := range p.Rules {
		classes[one.Class] = spec.Default[Class]()
	}
	all := pipeline.object("classes")
	for name := range all.names(spec.Named("class")) {
		class := r.class(all.path(name), all.fields[name], p.Images)
		if _, named := classes[name]; !named && !r.about(pipeline.path("rules")) {
			r.report(all.path(name), nothing{},
				`no rule names this class, so that it would build nothing: give a rule "class": %q, or remove this`,
				name)
		}
		classes[name] = class
	}
	return classes
}

func (r *reader) class(at string, value any, images []Image) Class {
	class := spec.Default[Class]()
	o, ok := r.object(at, value, keysOf[Class]())
	if !ok {
		return class
	}
	known := secretsOf(images)
	read(o, &class, special{"secrets": func() {}})
	class.Secrets = o.items("secrets", true, func(id string) string {
		switch {
		case slices.Contains(known, id):
			return ""
		case len(known) == 0:
			return `no image of the pipeline has secrets: remove it, or add it to an image's "secrets"`
		}
		return "no image of the pipeline has a secret of this name: " + spec.Meant(id, known)
	})
	return class
}

// secretsOf are the names of the images' secrets.
func secretsOf(images []Image) []string {
	known := map[string]bool{}
	for _, image := range images {
		for id := range image.Secrets {
			known[id] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// expand makes pipelines of the classes: first the pipeline itself, with the rules that name none,
// then one for each class, in the order in which rules name them.
func (r *reader) expand(pipeline object, p Planned, taken taken) []Planned {
	rules := p.Rules
	p.Rules = nil
	all := []Planned{p}
	for i, one := range rules {
		at := slices.IndexFunc(all, func(of Planned) bool { return of.Class == one.Class })
		if at < 0 {
			at = len(all)
			all = append(all, r.expanded(below(item(pipeline.path("rules"), i), "class"), p, one.Class, taken))
		}
		one.Class = ""
		all[at].Rules = append(all[at].Rules, one)
	}
	if len(rules) > 0 && len(all[0].Rules) == 0 {
		pipeline.report("rules",
			"all name a class, so that the pipeline itself would build nothing: leave one rule without a class")
	}
	for i := range all {
		all[i].Classes, all[i].Settings = nil, map[string]map[string]Settings{}
		for _, one := range all[i].Rules {
			if settings, sound := p.Settings[one.Name]; sound {
				all[i].Settings[one.Name] = settings
			}
		}
	}
	return all
}

// expanded is the pipeline of a class, without its rules. At is where the class is named first.
func (r *reader) expanded(at string, p Planned, name string, taken taken) Planned {
	class := p.Classes[name]
	of := p
	of.Class, of.Promotes = name, class.Promote
	if p.Name != "" {
		of.Name = p.Name + "-" + name
		if broken := spec.Named("pipelineName").Check(of.Name); broken != "" {
			r.report(at, of.Name,
				"is the name of the class's own pipeline, but %s: shorten one of the two",
				spec.Named("pipelineName").Says)
		}
		taken.pipelines.add(r, at, of.Name,
			"a class is a pipeline and a stack of its own, called after both: rename one")
	}
	if !p.Source.Existing {
		of.After = p.Name
	}
	of.Source.Existing, of.Source.Seed = true, ""
	if !class.Promote {
		of.Approval, of.RollbackOnFailure, of.DriftCheck, of.ReleaseWriters = nil, false, DriftCheck{}, []string{}
	}
	of.Filters, of.ImageWarnings = map[string][]string{},
		map[string][]string{} // what is said of the pipeline itself is not repeated
	of.Images = slices.Clone(p.Images)
	for i := range of.Images {
		image := &of.Images[i]
		image.Secrets = maps.Clone(image.Secrets)
		maps.DeleteFunc(image.Secrets,
			func(id string, _ spec.Secret) bool { return !slices.Contains(class.Secrets, id) })
		if image.Repository == "" {
			continue // reported already
		}
		image.Repository = name + "/" + image.Repository
		if bad := badRelease(image.Repository); bad != "" {
			r.report(at, image.Repository,
				"is the ECR repository of the class's image %s, but %s: rename or shorten one of the two", image.Name,
				bad)
		}
		taken.repositories.add(r, at, image.Repository,
			"every image has an ECR repository of its own, and those of a class are called CLASS/REPOSITORY: name another one")
	}
	return of
}

// staging is what the names of repositories begin with in which images wait for their validation,
// and those of no others.
var staging = settings.Staging("")

// badRelease gives what to tell about the name of a repository that people are to pull from. Not
// even a beginning of "staging/" is such a name: a replication filter for it would take along what
// is not validated.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
func badRelease(name string) string {
	switch {
	case spec.Named("repository").Check(name) != "":
		return spec.Named("repository").Says
	case strings.HasPrefix(name, staging), strings.HasPrefix(staging, name):
		return `images wait for their validation in repositories called "staging/…", which neither it nor its beginning may be, because ECR's replication filters are beginnings of names`
	}
	return ""
}
