package cloudformation

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/rehearse/internal/aws/cloudformation/template"
)

// descriptor is all that the rehearsal knows of one CloudFormation type. It stands in the file of
// its type; resources of a type without one are refused.
type descriptor struct {
	// ignored says why resources of the type have no effect on one machine; they are not read then.
	ignored string
	// read interprets a resource. What it did not read is refused, but for what is withoutEffect.
	read func(l *loader, r *resource)
	// access reports whether resources of the type say who may do what.
	access bool
	// withoutEffect names the properties that make no difference on one machine, and why.
	withoutEffect map[string]string

	// name is the property with a resource's name; empty if there is none, and names are generated.
	name string
	// named reports whether a resource must have a name of its own.
	named bool
	// lowercase reports whether names have lowercase letters only.
	lowercase bool
	// arn is the ARN of a resource, by its name; nil if the type has none.
	arn func(a Account, name string) string
	// ref is what Ref gives; nil if that is the name.
	ref func(i identity) string
	// attributes are what Fn::GetAtt gives, beside the attribute Arn.
	attributes map[string]func(i identity) string

	// runs reports whether a resource does something by itself as soon as it is there.
	runs bool
	// holds reports whether a resource can't be deleted while it has what a run has written; nil:
	// it can.
	holds func(r template.Resource) bool
}

// descriptors are those of all types that the rehearsal knows.
var descriptors = map[string]descriptor{}

// describe notes what a type is like. It panics if that was said already.
func describe(kind string, d descriptor) {
	if _, ok := descriptors[kind]; ok {
		panic("two descriptors of the type " + kind)
	}
	descriptors[kind] = d
}

// The reasons for which many properties have no effect.
const (
	describes  = "it is text for people, or for a bill"
	encryption = "everything stays on this machine's disk"
	public     = "nobody outside of the account calls, and every object belongs to the account"
	expires    = "nothing is old enough to expire during a rehearsal"
	deletion   = "it is about deletion"
)

// Account is where stacks are deployed.
type Account struct {
	ID, Region, Partition, URLSuffix string
}

// ARN is that of a resource of the account in the Region.
func (a Account) ARN(service, resource string) string {
	return arn.ARN{
		Partition: a.Partition, Service: service, Region: a.Region, AccountID: a.ID, Resource: resource,
	}.String()
}

// regional makes the ARNs of a service that is in each Region; format says how a resource is
// written.
func regional(service, format string) func(Account, string) string {
	return func(a Account, name string) string { return a.ARN(service, fmt.Sprintf(format, name)) }
}

// global makes the ARNs of a service that is the same in all Regions.
func global(service, format string) func(Account, string) string {
	return func(a Account, name string) string {
		return arn.ARN{
			Partition: a.Partition, Service: service, AccountID: a.ID, Resource: fmt.Sprintf(format, name),
		}.String()
	}
}

// identity is what a resource is called once it is there.
type identity struct {
	account   Account
	stack, id string // the stack's name, and the logical id
	name, arn string // arn is empty if the type has none
}

// The references that several types have in common.
func nameOf(i identity) string { return i.name }
func arnOf(i identity) string  { return i.arn }

// resource is one that is being read.
type resource struct {
	identity
	*properties
	metadata map[string]any
}
