package check

import "archway/lambda/internal/image/index"

// tagIsIndex refuses a reference that doesn't lead to an index. A tag that holds one single image
// works on the machine that pushed it and starts nowhere else (docker-odoo#40).
var tagIsIndex = Check{Name: "tag-is-index", About: "the reference leads to no image index",
	run: func(in Input, r *report) {
		i := in.Image
		switch {
		case i.State == index.Missing:
			r.add(Error, root(i), r.place.remerge("check the name, or push the image again"),
				"%s has no such manifest, expected an image index; %s", r.place.holder(), r.place.lost())
		case i.Root == nil:
			return
		case i.Single:
			what := "an image for one platform"
			if c := i.Entries[0].Config; c != nil {
				p := c.Platform()
				what = "one image, for " + index.Name(&p) + " only"
			} else if c := i.Root.Body.Config; c != nil && !index.IsConfigType(c.MediaType) {
				r.add(Error, root(i),
					r.place.remerge(
						"point the tag at an image index; give caches and artifacts a tag or repository of their own"),
					"the reference leads to a single manifest of the type %s, expected an image index; "+
						"probably a build cache or another artifact was written here", c.MediaType)
				return
			}
			cause := "probably one architecture's build pushed to the tag itself"
			switch r.place {
			case Folder:
				cause = "who pushes it pushes a single image; it was probably built for one platform only"
			case Pipeline:
				cause = "the merge has put out what one build had pushed"
			}
			r.add(Error, root(i), r.place.remerge("merge the images of all platforms with "+
				"`docker buildx imagetools create` and point the tag at the result"),
				"the reference leads to %s, expected an image index; %s", what, cause)
		case i.Root.Err == nil && i.Root.Shape() == index.ShapeUnknown:
			r.add(Error, root(i), r.place.remerge("push an image index"),
				"the reference leads to something that is neither an image index nor an image (declared as %s), expected an image index",
				declared(i.Root))
		}
	}}

// declared is the type that a document is called, for a message.
func declared(m *index.Manifest) string {
	for _, t := range []string{m.Body.MediaType, m.ContentType} {
		if t != "" {
			return t
		}
	}
	return "no type at all"
}
