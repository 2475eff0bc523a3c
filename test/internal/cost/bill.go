package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/internal/assembly"
)

// Assumptions are what no template tells.
type Assumptions struct {
	// Runs are those of each pipeline in a month.
	Runs int
	// BuildMinutes is how long each build of an image takes. All other actions take less than a
	// minute.
	BuildMinutes int
	// ImageGB is what each image keeps in its registries, with the layer caches.
	ImageGB float64
}

// Usual are the assumptions of docs/costs.md.
var Usual = Assumptions{Runs: 200, BuildMinutes: 2, ImageGB: 1}

// artifactGB is what the artifacts of some weeks take: the sources, zipped.
const artifactGB = 0.01

// functionSeconds is how long a function of an action runs: what the validator takes to read
// 200 MB (docs/validation.md); the others take less.
const functionSeconds = 2

// Item is a row of a bill.
type Item struct {
	What     string
	Quantity float64
	Price    Price
	// Unknown says that no price is known, so that the row counts as nothing.
	Unknown bool
	// free is how much of the quantity costs nothing in a month, shared by the whole account.
	free *allowance
}

// allowance is something that is free in each month.
type allowance struct {
	name   string
	amount float64
}

var (
	actionMinutes = &allowance{"action minutes", freeActionMinutes}
	smallMinutes  = &allowance{"build minutes of small machines", freeBuildMinutes}
	alarms        = &allowance{"alarms", freeAlarms}
	dashboards    = &allowance{"dashboards", freeDashboards}
	gbSeconds     = &allowance{"GB-seconds of functions", freeGBSeconds}
)

// USD is what the row comes to.
func (i Item) USD() float64 {
	if i.Unknown {
		return 0
	}
	return i.Quantity * i.Price.USD()
}

// Sum is what rows come to.
func Sum(items []Item) float64 {
	sum := 0.0
	for _, i := range items {
		sum += i.USD()
	}
	return sum
}

// Bill is what a stack costs.
type Bill struct {
	Stack string
	// Run is what one run costs, Month a month without a run.
	Run, Month []Item
	// Runs are those that a month has.
	Runs int
}

// Monthly is what a month with all its runs costs.
func (b Bill) Monthly() float64 { return Sum(b.Month) + float64(b.Runs)*Sum(b.Run) }

// Bills makes the bills of the stacks of an assembly, of those that cost anything.
func Bills(a *assembly.Assembly, given Assumptions) ([]Bill, error) {
	all := map[string]map[string]assembly.Resource{}
	signed := false
	for _, stack := range a.Stacks {
		resources, err := stack.Resources()
		if err != nil {
			return nil, err
		}
		all[stack.Name] = resources
		signed = signed || slices.ContainsFunc(slices.Collect(maps.Values(resources)),
			func(r assembly.Resource) bool { return r.Type == "AWS::ECR::SigningConfiguration" })
	}
	var bills []Bill
	for _, stack := range a.Stacks {
		c := &counter{resources: all[stack.Name], given: given, signed: signed}
		c.pipelines()
		c.month()
		if len(c.run)+len(c.idle) > 0 {
			runs := given.Runs
			if len(c.run) == 0 {
				runs = 0
			}
			bills = append(bills, Bill{Stack: stack.Name, Run: c.run, Month: c.idle, Runs: runs})
		}
	}
	return bills, nil
}

// counter counts what is billed of a stack.
type counter struct {
	resources map[string]assembly.Resource
	given     Assumptions
	signed    bool // what is promoted is signed by ECR
	run, idle []Item
}

// quantities are amounts by what they are of.
type quantities map[string]float64

// action is an action as far as its cost goes.
type action struct {
	category, provider, runs string
	build                    bool
}

// pipelines counts what a run costs.
func (c *counter) pipelines() {
	minutes, actions, builds, images := 0, 0, 0, 0
	functions := map[string]bool{}
	gb := 0.0
	machine := quantities{}
	for _, a := range c.actions() {
		if a.category == "Approval" {
			continue
		}
		actions++
		took := 1
		if a.build {
			took = c.given.BuildMinutes
			builds++
		}
		minutes += took
		switch a.provider {
		case "CodeBuild":
			machine[c.machine(a.runs)] += float64(took)
		case "Lambda":
			functions[a.runs] = true
			gb += c.gigabytes(a.runs) * functionSeconds
		}
		if a.category == "Invoke" && c.program(a.runs) == "validate" {
			images++
		}
	}
	if actions == 0 {
		return
	}
	c.run = append(c.run, Item{
		What: fmt.Sprintf("CodePipeline: minutes of %d actions, of which the %d builds take %d", actions, builds,
			c.given.BuildMinutes),
		Quantity: float64(minutes), Price: actionMinute, free: actionMinutes,
	})
	for _, name := range slices.Sorted(maps.Keys(machine)) {
		price, known := machines[name]
		item := Item{What: "CodeBuild " + name + ": minutes", Quantity: machine[name], Price: price, Unknown: !known}
		if strings.HasSuffix(name, " SMALL") {
			item.free = smallMinutes
		}
		c.run = append(c.run, item)
	}
	for id := range c.resources {
		if c.program(id) == "trigger" {
			functions[id] = true
			gb += c.gigabytes(id) * functionSeconds
		}
	}
	if len(functions) > 0 {
		c.run = append(c.run, Item{
			What:     fmt.Sprintf("Lambda: GB-seconds of %d functions", len(functions)),
			Quantity: gb, Price: gbSecond, free: gbSeconds,
		})
	}
	if c.signed {
		c.run = append(c.run, Item{
			What:     "ECR signing: manifests, if ECR signs each (image and attestation of each platform, the index)",
			Quantity: float64(2*builds + images), Price: signature,
		})
	}
	if c.inspected() {
		c.run = append(c.run,
			Item{What: "Inspector: scans of images, if the account has turned them on", Quantity: float64(builds),
				Price: inspection})
	}
}

// month counts what a month costs without a run.
func (c *counter) month() {
	count := quantities{}
	for _, r := range c.resources {
		count[r.Type]++
	}
	add := func(what string, quantity float64, price Price, free *allowance) {
		if quantity > 0 {
			c.idle = append(c.idle, Item{What: what, Quantity: quantity, Price: price, free: free})
		}
	}
	images := 0.0
	for _, a := range c.actions() {
		if a.provider == "Lambda" && c.program(a.runs) == "validate" {
			images++
		}
	}
	add("CloudWatch alarms: those of the stack", count["AWS::CloudWatch::Alarm"], alarm, alarms)
	add("CloudWatch dashboards", count["AWS::CloudWatch::Dashboard"], dashboard, dashboards)
	add("KMS: keys, in their first year", count["AWS::KMS::Key"], key, nil)
	add("Secrets Manager: secrets that are read", float64(c.secrets()), secret, nil)
	add("ECR: GB of images and layer caches", images*c.given.ImageGB, ecrStorage, nil)
	add("ECR: GB of other registries' images that are cached", count["AWS::ECR::PullThroughCacheRule"], ecrStorage, nil)
	add("S3: GB of artifacts", count["AWS::S3::Bucket"]*artifactGB, s3Storage, nil)
}
