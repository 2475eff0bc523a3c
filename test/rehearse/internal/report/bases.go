package report

// Base is an image that a Dockerfile names, and what the builds got for it.
type Base struct {
	Image string `json:"image"`
	// From is "registry" for the original, "cache" for that of an earlier rehearsal, "stand-in", or
	// "unknown" where BuildKit asked the registry itself.
	From string `json:"from"`
	// Got says the same to people.
	Got    string `json:"-"`
	Digest string `json:"digest,omitempty"`
	// Why says why it is not the original.
	Why string `json:"why,omitempty"`
}

func (b Base) String() string {
	line := b.Image + " is " + b.Got
	if b.Digest != "" {
		line += ", " + b.Digest
	}
	if b.Why != "" {
		line += " (" + b.Why + ")"
	}
	return line
}
