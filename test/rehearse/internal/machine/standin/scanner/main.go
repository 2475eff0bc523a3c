// Command scanner stands for a generator of bills of materials, in the form that BuildKit runs
// (https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md): it names the
// files of the image.
package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	source, destination := os.Getenv("BUILDKIT_SCAN_SOURCE"), os.Getenv("BUILDKIT_SCAN_DESTINATION")
	var files []map[string]any
	err := filepath.WalkDir(source, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, map[string]any{"fileName": path, "SPDXID": "SPDXRef-File"})
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	statement, err := json.Marshal(map[string]any{
		"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
		"predicate": map[string]any{"spdxVersion": "SPDX-2.3", "name": "test", "files": files},
	})
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(filepath.Join(destination, filepath.Base(source)+".spdx.json"), statement,
		0o644); err != nil {
		panic(err)
	}
}
