package check

// caCertificates tells of an image whose program is linked with a library for TLS, and that has no
// list of authorities: every connection to a public server then fails with "certificate signed by
// unknown authority" or the like. A program may bring its own list.
var caCertificates = Check{Name: "ca-certificates",
	About: "a program is linked with TLS, and the image has no CA certificates", run: func(in Input, r *report) {
		for _, e := range started(in.Image) {
			if n := e.Start.Needs; n != nil && n.TLS != "" {
				r.add(Info, about(e),
					"install ca-certificates in the last stage, if the program connects to public servers",
					"what starts is linked with %s, and no CA certificates are where it looks for them, such as /etc/ssl/certs; connections to public servers fail unless the program brings its own",
					n.TLS)
			}
		}
	}}
