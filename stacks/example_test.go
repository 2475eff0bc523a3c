package stacks_test

import (
	"fmt"
	"log"

	"archway/config"
	"archway/stacks"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/jsii-runtime-go"
)

// A configured pipeline in an app of one's own, and something beside it that reads its images. The
// app's main begins with defer jsii.Close().
func ExampleNewPipeline() {
	plan, err := config.Load(`{"pipelines": [{"name": "shop", "images": [{"name": "web"}]}]}`, ".")
	if err != nil {
		log.Fatal(err) // all that is wrong, a problem to a line
	}
	app := awscdk.NewApp(nil)
	shop := stacks.NewPipeline(app, &plan.Pipelines[0])

	cluster := awscdk.NewStack(app, jsii.String("cluster"), nil)
	cluster.AddStackDependency(shop.Stack, jsii.String("it pulls the images"))
	name := &plan.Pipelines[0].Images[0].Repository
	images := awsecr.Repository_FromRepositoryName(cluster, jsii.String("Images"), name)
	awscdk.NewCfnOutput(cluster, jsii.String("Image"), &awscdk.CfnOutputProps{
		Value: images.RepositoryUriForTag(jsii.String("latest")),
	})

	for _, stack := range *app.Synth(nil).Stacks() {
		fmt.Println(*stack.StackName())
	}
	// Output:
	// shop
	// cluster
}
