package change

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"archway/test/internal/assembly"
)

// code says of an asset what is different in it, instead of its hash: its settings value by value,
// other files by name.
func (c *comparison) code(kind string, changes []Property) ([]Property, error) {
	var all []Property
	for _, p := range changes {
		if p.Path != "Code.S3Key" && p.Path != "Code.S3.Key" {
			all = append(all, p)
			continue
		}
		inside, err := c.asset(p.Old, p.New)
		if err != nil {
			return nil, err
		}
		if kind == "AWS::CodeCommit::Repository" {
			// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codecommit-repository.html
			for i := range inside {
				inside[i].Path = "first commit (without effect on a repository that is there): " + inside[i].Path
			}
		}
		all = append(all, inside...)
	}
	return all, nil
}

// asset compares what two assets hold.
func (c *comparison) asset(old, now string) ([]Property, error) {
	before, err := contents(c.base.stack, old)
	if err != nil {
		return nil, err
	}
	after, err := contents(c.head.stack, now)
	if err != nil {
		return nil, err
	}
	if before == nil || after == nil {
		return []Property{{Path: "Code", Old: "a program", New: "another one"}}, nil
	}
	v := &values{c.base.resources, c.head.resources}
	var all []Property
	for _, name := range union(before, after) {
		was, is := before[name], after[name]
		var oldJSON, newJSON any
		switch {
		case was == nil:
			all = append(all, Property{Path: name, New: "added"})
		case is == nil:
			all = append(all, Property{Path: name, Old: "there before"})
		case bytes.Equal(was, is):
		case json.Unmarshal(was, &oldJSON) == nil && json.Unmarshal(is, &newJSON) == nil:
			all = append(all, v.compare(name, oldJSON, newJSON)...)
		case name == "bootstrap":
			all = append(all, Property{Path: "program", Old: "as it was", New: "another one"})
		case bytes.IndexByte(was, 0) < 0 && bytes.IndexByte(is, 0) < 0:
			all = append(all, Property{Path: name, Lines: differing(string(was), string(is))})
		default:
			all = append(all, Property{Path: name, Old: "as it was", New: "another content"})
		}
	}
	if all == nil {
		all = []Property{{Path: "Code", Old: "as it was", New: "other names or modes of its files"}}
	}
	return all, nil
}

// contents are the files of an asset; nil if the assembly does not have it.
func contents(stack *assembly.Stack, key string) (map[string][]byte, error) {
	asset, err := stack.Asset(key)
	if err != nil {
		return nil, nil //nolint:nilerr // an assembly without its files can be compared all the same
	}
	dir, done, err := asset.Open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer done()
	files := map[string][]byte{}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+string(filepath.Separator))] = content
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return files, err
}
