package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
)

// maxBill bounds the bytes that are read of one bill of materials. It is never in memory as a
// whole: syft lists the files of an image too, which for a large one gives tens of megabytes.
const maxBill = 256 << 20

// maxHeader bounds the statement's own fields, which are all that is kept of a bill of materials,
// and maxToken one string in it or one of these fields while it is read. The texts of licenses have
// some hundred kilobytes.
const (
	maxHeader = 1 << 20
	maxToken  = 4 << 20
)

// IsBill reports whether a predicate is a bill of materials in the format that BuildKit's
// generators write, SPDX.
func IsBill(predicateType string) bool {
	return strings.HasPrefix(predicateType, "https://spdx.dev/Document")
}

// ReadBills reads what the statements with each image's bills of materials are about: those in the
// index, and where there are none those that are attached to the image in the registry.
func ReadBills(ctx context.Context, source Source, i *Image) error {
	r := &statementReader{source: source, image: i, wanted: IsBill, of: func(e *Entry) *[]Attached { return &e.Bills },
		read: readBill}
	return r.all(ctx)
}

// readBill reads a bare statement as a stream; what is in an envelope must be small, as it is
// decoded from one text.
func readBill(ctx context.Context, source Source, mediaType string, a *Attached) error {
	if mediaType != InToto {
		return readStatement(ctx, source, mediaType, a)
	}
	stream, err := source.Layer(ctx, a.Digest)
	if err == nil {
		a.Statement, a.Err, err = header(stream, a.Digest, maxBill)
		err = errors.Join(err, stream.Close())
	}
	a.State, err = outcome(err)
	return err
}

// header reads a statement's own fields and passes over its predicate. The bytes are read to their
// end, because only then it is known that they are those of the digest; err says that they are not,
// or could not be had.
func header(stream io.Reader, d digest.Digest, limit int64) (s Statement, malformed, err error) {
	verifier := d.Verifier()
	counted := &failing{from: io.TeeReader(io.LimitReader(stream, limit+1), verifier)}
	s, malformed = fields(counted)
	if counted.err == nil {
		_, counted.err = io.Copy(io.Discard, counted)
	}
	switch {
	case counted.err != nil && counted.err != io.EOF:
		return Statement{}, nil, counted.err
	case counted.bytes > limit:
		return Statement{}, nil, fmt.Errorf("%s: %w", d, registry.ErrTooLarge)
	case !verifier.Verified():
		return Statement{}, nil, fmt.Errorf("%s: %w", d, registry.ErrOtherBytes)
	}
	return s, malformed, nil
}

// failing remembers how reading failed, which a decoder mixes with what is wrong about the bytes.
type failing struct {
	from  io.Reader
	bytes int64
	err   error
	// used is how far the decoder has got, if there is one.
	used func() int64
}

func (f *failing) Read(b []byte) (int, error) {
	if f.used != nil && f.bytes-f.used() > maxToken {
		return 0, errToken
	}
	n, err := f.from.Read(b)
	f.bytes += int64(n)
	f.err = err
	return n, err
}

var errToken = fmt.Errorf("it holds something longer than %d MiB in one piece", maxToken>>20)

// unfit says why a statement can't be decoded.
func unfit(err error) error {
	if errors.Is(err, errToken) {
		return errToken
	}
	return readable(err)
}

// headers are the fields of a statement that are kept of it.
var headers = []string{"_type", "predicateType", "subject"}

// fields decodes a statement but for its predicate, in little memory.
func fields(from *failing) (Statement, error) {
	decoder := json.NewDecoder(from)
	from.used = decoder.InputOffset
	defer func() { from.used = nil }()
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return Statement{}, errors.New("it is not a JSON object")
	}
	small := map[string]json.RawMessage{}
	size := 0
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return Statement{}, unfit(err)
		}
		name, _ := key.(string)
		at := slices.IndexFunc(headers, func(known string) bool { return strings.EqualFold(known, name) })
		switch {
		case at >= 0 && headers[at] != name:
			return Statement{}, fmt.Errorf("the key %q differs from %q by case alone", name, headers[at])
		case at >= 0 && small[name] != nil:
			return Statement{}, fmt.Errorf("the key %q stands twice", name)
		case at >= 0:
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil {
				return Statement{}, unfit(err)
			}
			if size += len(value); size > maxHeader {
				return Statement{}, fmt.Errorf("what it is about takes more than %d bytes", maxHeader)
			}
			small[name] = value
		default:
			if err := pass(decoder); err != nil {
				return Statement{}, err
			}
		}
	}
	if _, err := decoder.Token(); err != nil {
		return Statement{}, unfit(err)
	}
	b, err := json.Marshal(small)
	if err != nil {
		return Statement{}, err
	}
	return ParseStatement(InToto, b)
}

// pass reads over one value.
func pass(decoder *json.Decoder) error {
	for depth := 0; ; {
		t, err := decoder.Token()
		if err != nil {
			return unfit(err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxNesting {
				return fmt.Errorf("its JSON is nested more than %d levels deep", maxNesting)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
