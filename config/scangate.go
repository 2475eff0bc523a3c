package config

import (
	"strings"
	"time"

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
		if i < len(gate.Accept) && gate.Accept[i].Expired(time.Now()) && !o.r.about(item(o.path("accept"), i)) {
			o.r.warn(below(item(o.path("accept"), i), "until"), gate.Accept[i].Until,
				"is over, so that %s counts again: remove it, or give a later day",
				gate.Accept[i].ID)
		}
		if fields, ok := list[i].(map[string]any); ok && !o.r.about(at) {
			id, _ := fields["id"].(string)
			taken.add(o.r, at, strings.ToUpper(id),
				"it is accepted once for all packages and platforms: remove one of them")
		}
	}
	return gate
}
