// Package cost adds up what a synthesized configuration costs in a month and with each run, from
// list prices.
package cost

import "strconv"

// Price is a list price of US East (N. Virginia), in USD. docs/costs.md has the units and where
// each number is from; a test holds the two together.
type Price struct {
	// What is bought, as the page calls it.
	What string
	// Text is the number as it is written there.
	Text string
}

// USD is the price as a number.
func (p Price) USD() float64 {
	usd, err := strconv.ParseFloat(p.Text, 64)
	if err != nil {
		panic(err) // the table below is tested
	}
	return usd
}

// The prices of what is counted here.
var (
	actionMinute = Price{"CodePipeline V2", "0.002"}
	gbSecond     = Price{"Lambda, arm64", "0.0000133334"}
	ecrStorage   = Price{"ECR storage", "0.10"}
	signature    = Price{"ECR managed signing", "0.02"}
	inspection   = Price{"ECR scan by Inspector", "0.09"}
	s3Storage    = Price{"S3 storage (artifacts)", "0.023"}
	alarm        = Price{"CloudWatch alarm", "0.10"}
	dashboard    = Price{"CloudWatch dashboard", "3.00"}
	key          = Price{"KMS key of your own", "1.00"}
	secret       = Price{"Secrets Manager", "0.40"}
)

// machines are the prices of a minute of CodeBuild's machines.
var machines = map[string]Price{}

func init() {
	for name, text := range map[string]string{
		"x86_64 SMALL": "0.005", "x86_64 MEDIUM": "0.01", "x86_64 LARGE": "0.02",
		"arm64 SMALL": "0.0034", "arm64 MEDIUM": "0.007", "arm64 LARGE": "0.015",
	} {
		machines[name] = Price{"CodeBuild " + name, text}
	}
}

// What is free in each month in an account, in the words of docs/costs.md's prices.
const (
	freeActionMinutes = 100
	freeBuildMinutes  = 100 // on small machines of either architecture
	freeAlarms        = 10
	freeDashboards    = 3
	freeGBSeconds     = 400_000
)
