package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

func getPipelineExecution(ctx context.Context, s session) error {
	_, err := codepipeline.NewFromConfig(s.settings).GetPipelineExecution(ctx, &codepipeline.GetPipelineExecutionInput{
		PipelineName: s.option("pipeline-name"), PipelineExecutionId: s.option("pipeline-execution-id"),
	})
	if err != nil {
		return err
	}
	answer, err := s.answers.decode()
	if err != nil {
		return err
	}
	return write(s.out, answer)
}

// listActionExecutions prints all pages as one answer, as the CLI does by itself.
func listActionExecutions(ctx context.Context, s session) error {
	in := &codepipeline.ListActionExecutionsInput{PipelineName: s.option("pipeline-name")}
	if text, ok := s.options["filter"]; ok {
		id, err := filter(text)
		if err != nil {
			return err
		}
		in.Filter = &types.ActionExecutionFilter{PipelineExecutionId: aws.String(id)}
	}
	const list = "actionExecutionDetails"
	all := []any{}
	pages := codepipeline.NewListActionExecutionsPaginator(codepipeline.NewFromConfig(s.settings), in)
	for pages.HasMorePages() {
		if _, err := pages.NextPage(ctx); err != nil {
			return err
		}
		answer, err := s.answers.decode()
		if err != nil {
			return err
		}
		page, _ := answer[list].([]any)
		all = append(all, page...)
	}
	return write(s.out, map[string]any{list: all})
}

// filter reads the execution's id from the CLI's shorthand, such as pipelineExecutionId=….
func filter(text string) (string, error) {
	id, ok := strings.CutPrefix(text, "pipelineExecutionId=")
	if !ok || strings.ContainsAny(id, ",={ ") {
		return "", fmt.Errorf("argument --filter: only pipelineExecutionId=… is supported, got %s", text)
	}
	return id, nil
}
