package job

import (
	"context"

	"archway/internal/settings"
)

// Action is work about all images of the pipeline. It begins only if the job's parameters are those
// of the pipeline that the function was made for: the function and the pipeline are deployed one
// after the other.
func Action(loaded *settings.Loaded, work Work) Work {
	return checked(loaded, work, func(p settings.Parameters) (*settings.Image, error) {
		if p.Image != "" {
			return nil,
				Misconfigured("UserParameters of this action name the image %q, but the action is about all images.",
					p.Image)
		}
		return nil, nil
	})
}

// ImageAction is work about the image that the parameters name.
func ImageAction(loaded *settings.Loaded, work Work) Work {
	return checked(loaded, work, func(p settings.Parameters) (*settings.Image, error) {
		image, ok := loaded.Image(p.Image)
		if !ok {
			return nil,
				Misconfigured(
					"UserParameters of this action name the image %q, and the pipeline %s has none of this name.",
					p.Image, loaded.Name)
		}
		return image, nil
	})
}

func checked(loaded *settings.Loaded, work Work, image func(settings.Parameters) (*settings.Image, error)) Work {
	return func(ctx context.Context, j Job) (map[string]string, error) {
		var p settings.Parameters
		if err := Decode(j.Parameters, &p); err != nil {
			return nil, err
		}
		if p.Execution == "" {
			return nil, Misconfigured("UserParameters of this action lack execution, the id of the run.")
		}
		if p.Settings != loaded.Sum {
			return nil,
				Misconfigured("The pipeline was made with other settings (%.12s) than this function (%.12s): a deployment is under way, or it broke off. "+
					"Nothing was decided. Finish the deployment, then retry the stage.", p.Settings, loaded.Sum)
		}
		var err error
		if j.Image, err = image(p); err != nil {
			return nil, err
		}
		j.Execution = p.Execution
		return work(ctx, j)
	}
}
