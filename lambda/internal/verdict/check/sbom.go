package check

import "archway/lambda/internal/image/index"

// sbom refuses, where it is required, an image without a bill of materials, or whose bill is about
// another image. It reads what BuildKit and others put into the index or attach, as SPDX. What the
// bill lists is not compared with the image, and signatures are not verified.
var sbom = Check{Name: "sbom",
	About: "the required bill of materials is missing, or about another image (only if required)",
	run: func(in Input, r *report) {
		if !in.Want.SBOM {
			return
		}
		for _, e := range in.Image.Images() {
			demand{
				statements: e.Bills, wanted: index.IsBill, says: "what is in it",
				cure:     r.place.stated("--sbom=true"),
				expected: "an in-toto statement of the type https://spdx.dev/Document; the build probably made none, or the merge left it out",
			}.met(r, e)
		}
	}}
