package index

import "fmt"

// Limits on what a registry can make this program read. They are far above every image seen in
// practice; an image beyond them is reported as not proven, never as valid.
const (
	// MaxEntries is the largest number of entries of an index, nested ones counted in.
	MaxEntries = 500
	// MaxDepth is how deep indexes are followed into each other. One level, the index itself, is
	// what every tool understands.
	MaxDepth = 4
	// MaxLayers is the largest number of layers of one manifest. Overlay file systems take up to
	// 500, Docker 127.
	MaxLayers = 500
	// maxValues bounds the JSON values of one document, and with it the memory that decoding takes:
	// 4 MiB of "{},{},…" would become hundreds of megabytes of descriptors.
	maxValues = 100_000
	// maxTotal bounds the JSON values of all documents of one image, which are kept until it is
	// judged.
	maxTotal = 4 * maxValues
	// maxNesting bounds the nesting of one JSON document.
	maxNesting = 32
)

// weigh counts the values of a JSON document, and refuses one with more values or deeper nesting
// than any manifest has, before anything is decoded.
func weigh(b []byte) (values int, err error) {
	depth := 0
	inString, escaped := false, false
	for _, c := range b {
		switch {
		case escaped:
			escaped = false
		case inString:
			switch c {
			case '\\':
				escaped = true
			case '"':
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			values++
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > maxNesting {
			return values, fmt.Errorf("its JSON is nested more than %d levels deep", maxNesting)
		}
		if values > maxValues {
			return values, fmt.Errorf("its JSON holds more than %d values", maxValues)
		}
	}
	return values, nil
}
