// Stands for the CDK's function, which leaves a bucket alone unless it has the tag aws-cdk:auto-delete-objects.
