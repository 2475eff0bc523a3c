package main

import (
	"bytes"
	"io"
	"os"

	"github.com/aws/jsii-runtime-go"
)

// lostRace is what jsii sometimes says at the end, without a line end: two of its goroutines wait
// for Node, and the second one finds it gone. Nothing is wrong then. (jsii-runtime-go 1.139.0,
// internal/kernel/process: ensureStarted and Close)
var lostRace = [][]byte{
	[]byte("Runtime process exited abnormally: waitid: no child processes"),
	[]byte("Runtime process exited abnormally: exec: Wait was already called"),
}

// closeRuntime ends Node, which does the CDK's work, and passes on what is said on the way but for
// the above.
func closeRuntime(stderr io.Writer) {
	read, write, err := os.Pipe()
	if err != nil {
		jsii.Close()
		return
	}
	said := make(chan []byte)
	go func() {
		text, _ := io.ReadAll(read)
		said <- text
	}()
	os.Stderr = write // for good: the message may come after Close, and the program ends anyway
	jsii.Close()
	write.Close()
	text := <-said
	for _, lost := range lostRace {
		text = bytes.ReplaceAll(text, lost, nil)
	}
	stderr.Write(text)
}
