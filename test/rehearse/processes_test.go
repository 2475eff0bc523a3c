package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

type process struct {
	id                   int
	command, environment string
}

// processes are all processes of this machine but this one.
func processes(t *testing.T) []process {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var list []process
	for _, folder := range folders {
		id, err := strconv.Atoi(filepath.Base(folder))
		if err != nil || id == os.Getpid() {
			continue
		}
		// A process may end while it is looked at.
		environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		list = append(list, process{id, strings.ReplaceAll(string(command), "\x00", " "), string(environment)})
	}
	return list
}
