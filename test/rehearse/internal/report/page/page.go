// Package page writes what a rehearsal did as one HTML page, which holds everything that it shows:
// it asks no server for anything, and needs no JavaScript.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed style.css
var style string

//go:embed page.html
var source string

var page = template.Must(template.New("page").Parse(source))

// document is what the template gets.
type document struct {
	*View
	Style template.CSS
	// Policy forbids everything but the page's own style sheet, should something in it ever escape
	// its quotes.
	Policy string
}

// Write writes the page.
func Write(w io.Writer, v *View) error {
	// The hash is that of the element's content, to the byte.
	css := strings.TrimSpace(style)
	sum := sha256.Sum256([]byte(css))
	policy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
	return page.Execute(w, document{View: v, Style: template.CSS(css), Policy: policy})
}
