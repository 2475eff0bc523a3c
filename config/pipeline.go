package config

import "slices"

func (r *reader) config(value any) *Plan {
	cfg := &Plan{}
	o, ok := r.object(root, value, keysOf[Config]())
	if !ok ||
		!o.required("pipelines",
			`list at least one pipeline, such as [{"name": "hello", "images": [{"name": "hello"}]}]`) {
		return cfg
	}
	list, ok := o.list("pipelines")
	if ok && len(list) == 0 {
		o.report("pipelines",
			`is empty: list at least one pipeline, such as {"name": "hello", "images": [{"name": "hello"}]}`)
	}
	taken := taken{pipelines: names{}, sources: names{}, repositories: names{}}
	for i, value := range list {
		cfg.Pipelines = append(cfg.Pipelines, r.pipeline(item(o.path("pipelines"), i), value, taken)...)
	}
	cfg.Registry = r.registry(o, taken.pipelines)
	cfg.sign(r)
	cfg.mirror(r)
	return cfg
}

// taken are the names that must be unique in an account and Region.
type taken struct{ pipelines, sources, repositories names }

// pipeline reads a pipeline, and gives it together with those of its classes.
func (r *reader) pipeline(at string, value any, taken taken) []Planned {
	p := defaultPipeline()
	r.warnings = nil
	o, ok := r.object(at, value, keysOf[Pipeline]())
	if !ok {
		return []Planned{p}
	}
	read(o, &p.Pipeline, special{
		"name": func() {
			p.Name = o.name("name", "pipelineName")
			taken.pipelines.add(r, o.path("name"), p.Name,
				"every pipeline is a stack with a name of its own: rename one")
		},
		"source": func() { p.Source = r.source(o, p.Name, taken.sources) },
		"executionMode": func() {
			if o.fields["executionMode"] == "PARALLEL" {
				o.report("executionMode", "%s", parallel)
			} else {
				p.ExecutionMode = choice(o, "executionMode", p.ExecutionMode)
			}
		},
		"images": func() {
			of := p
			if o.has("rules") {
				of.Source.Branch = "" // rules decide what is built, and so what the tags are
			}
			p.Images = r.images(o, of, taken.repositories)
		},
		"resourceTags": func() { p.ResourceTags = r.resourceTags(o) },
		// These follow from all others.
		"rules": func() {}, "classes": func() {},
	})

	before := len(r.problems)
	rules := r.rules(o, &p)
	p.Classes = r.classes(o, p)
	sound := len(r.problems) == before
	if sound {
		r.settle(rules, p)
		r.unbuilt(o, &p, rules)
	}
	r.baseImages(o, p)
	all := r.expand(o, p, taken)
	for i := range all {
		if sound {
			r.checkRules(o, &all[i],
				slices.DeleteFunc(slices.Clone(rules), func(c checked) bool { return c.rule.Class != all[i].Class }))
		}
		r.checkDrift(o, &all[i])
		all[i].hold()
	}
	all[0].Warnings = append(r.warnings, all[0].Warnings...)
	return all
}

// untaggedDays is how long images without a tag are kept, if nobody is waited for.
const untaggedDays = 14

// hold works out how long images are kept that are not promoted: longer than an approval may take.
func (p *Planned) hold() {
	const day = 24 * 60
	p.StagingDays = untaggedDays
	if p.Approval != nil {
		p.StagingDays = max(p.StagingDays, (p.Approval.TimeoutMinutes+day-1)/day+untaggedDays/2)
	}
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html#concepts-how-it-works-executions
const parallel = `in this mode CodePipeline builds the newest commit of the branch instead of the one that was pushed, and can't roll a stage back: use "QUEUED" or "SUPERSEDED"`

// maxActions is CodePipeline's limit for the actions of a stage:
// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html.
const maxActions = 50

// How many images of two platforms the template of a pipeline holds, without optional stages and
// with all of them. CloudFormation takes 1,000,000 bytes; stacks measures.
const (
	FitTemplate = 18
	FitWithAll  = 10
)

func (r *reader) images(o object, p Planned, repositories names) []Image {
	if !o.required("images", `list at least one image, such as [{"name": "hello"}]`) {
		return nil
	}
	list, ok := o.list("images")
	if ok && len(list) == 0 {
		o.report("images", `is empty: list at least one image, such as {"name": "hello"}`)
	}
	var images []Image
	taken, builds := names{}, 0
	for i, value := range list {
		at := item(o.path("images"), i)
		image := r.image(at, value, p, len(list) == 1)
		taken.add(r, below(at, "name"), image.Name, "every image of a pipeline has a name of its own: rename one")
		repositories.add(r, below(at, "repository"), image.Repository,
			"every image has an ECR repository of its own: name another one")
		images = append(images, image)
		builds += len(image.Platforms)
	}
	if builds > maxActions {
		r.report(o.path("images"), nothing{},
			"%d images take %d build actions, one for each platform, but CodePipeline takes at most %d actions in a stage: move some to "+
				`another pipeline of the same repository, {"name": %q, "source": {"repository": %q, "existing": true}, "images": […]}; `+
				"a template holds about %d images of two platforms, and %d with all options, so that these need %d pipelines",
			len(list), builds, maxActions, p.Name+"-2", p.Source.Repository, FitTemplate, FitWithAll,
			(builds/2+FitTemplate-1)/FitTemplate)
	}
	return images
}
