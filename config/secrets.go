package config

import (
	"reflect"

	"archway/internal/spec"
)

// secrets reads what a build may mount.
func (o object) secrets(key string) map[string]spec.Secret {
	secrets := map[string]spec.Secret{}
	all := o.object(key)
	for id := range all.names(spec.Named("secretID")) {
		if _, ok := all.fields[id].(string); ok {
			// Not shown: it may be the secret itself.
			o.r.report(all.path(id), nothing{},
				`is text where an object belongs: say where the secret is kept, such as {"secretsManager": "build/npm"}; the secret itself must not stand here`)
			continue
		}
		var secret spec.Secret
		o.r.inner(all.path(id), all.fields[id], reflect.ValueOf(&secret).Elem())
		secrets[id] = secret
	}
	return secrets
}
