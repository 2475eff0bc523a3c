package config

import (
	"strings"

	"archway/internal/spec"
)

func scanGate(image object) *spec.ScanGate {
	gate, o := optional[spec.ScanGate](image, "scanGate", nil)
	if gate == nil {
		return nil
	}
	taken := names{}
	list, _ := o.fields["accept"].([]any)
	for i := range list {
		at := below(item(o.path("accept"), i), "id")
		if fields, ok := list[i].(map[string]any); ok && !o.r.about(at) {
			id, _ := fields["id"].(string)
			taken.add(o.r, at, strings.ToUpper(id),
				"it is accepted once for all packages and platforms: remove one of them")
		}
	}
	return gate
}
