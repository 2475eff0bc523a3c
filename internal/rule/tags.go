package rule

// Tags are templates of the tags of an image.
type Tags struct {
	Immutable []string `json:"immutable,omitempty"`
	Moving    []string `json:"moving,omitempty"`
}

// Tagged is a rule with the tags that it gives to each image, by the image's name.
type Tagged struct {
	Rule
	Images map[string]Tags `json:"images"`
}
