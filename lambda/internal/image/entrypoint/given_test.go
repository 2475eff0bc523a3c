package entrypoint_test

import (
	"slices"
	"strings"
	"testing"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/entrypoint"
)

// given follows a command in an image with interpreters, and writes what they are told to run: "?"
// before what isn't sure.
func given(t *testing.T, args ...string) string {
	t.Helper()
	var entries []lt.Entry
	for _, name := range []string{"sh", "bash", "java", "python3.12", "node", "perl", "dotnet", "timeout", "nice",
		"env", "busybox", "tini", "stdbuf"} {
		entries = append(entries, lt.Exe("bin/"+name, lt.Static("amd64")))
	}
	entries = append(entries, lt.Script("entry.sh", "#!/bin/sh\nexec \"$@\"\n"),
		lt.Script("run.py", "#!/bin/env -S PYTHONPATH=/x python3.12\n"))
	trace, err := entrypoint.Follow(t.Context(), image(t, entries),
		entrypoint.Command{Entrypoint: args, WorkingDir: "/srv", Env: []string{"PATH=/bin:/own"}, Fits: fits})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, g := range trace.Given([]string{"PATH=/bin:/own"}) {
		name := strings.Join(g.Names, "|")
		if !g.Sure {
			name = "?" + name
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func TestWhatInterpretersAreGiven(t *testing.T) {
	for command, want := range map[string]string{
		"java -jar app.jar":                        "app.jar",
		"java -Xmx1g -cp a -Dx=y -jar /app.jar x":  "/app.jar",
		"java -cp app.jar Main":                    "",
		"java -p mods -m app/Main":                 "",
		"java @args -jar x":                        "",
		"python3.12 -u -W ignore x.py":             "x.py",
		"python3.12 -m http.server":                "",
		"python3.12 -c pass":                       "",
		"python3.12 -":                             "",
		"python3.12":                               "",
		"node --require ./a.js --max=1 srv":        "srv|srv.js|srv.json|srv.node|srv.cjs|srv.mjs",
		"node --watch srv.js":                      "",
		"node inspect srv.js":                      "",
		"perl x.pl":                                "x.pl|/bin/x.pl|/own/x.pl",
		"perl -e 1":                                "",
		"dotnet App.dll":                           "App.dll",
		"dotnet --info":                            "",
		"sh /x.sh":                                 "/x.sh",
		"sh x.sh":                                  "x.sh|/bin/x.sh|/own/x.sh",
		"bash -o pipefail -e /x.sh":                "/x.sh",
		"bash --rcfile /r /x.sh":                   "",
		"sh -s /x.sh":                              "",
		"busybox sh /x.sh":                         "/x.sh",
		"busybox httpd -f":                         "",
		"tini -- java -jar app.jar":                "app.jar",
		"nice -n 5 timeout 9 sh /x.sh":             "/x.sh",
		"stdbuf -oL timeout --signal=KILL 9 sh x/": "x/",
		"env A=b sh /x.sh":                         "?/x.sh",
		"env sh /x.sh":                             "/x.sh",
		"/entry.sh java -jar app.jar":              "?app.jar",
		"timeout --unknown 9 sh /x.sh":             "",
	} {
		if got := given(t, strings.Fields(command)...); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
	for command, want := range map[string]string{
		"exec /app --x=1":              "/app",
		"A=1 /app":                     "/app",
		"/app":                         "/app",
		"app":                          "",
		"/app || true":                 "",
		"/app; sleep 1":                "",
		"/app\nsleep 1":                "",
		"/app > /dev/null":             "",
		"$APP":                         "",
		"exec java -jar app.jar":       "app.jar",
		"java -jar *.jar":              "",
		"PATH=/x app":                  "",
		"python3.12 x.py":              "x.py",
		"cd /x && java -jar app.jar":   "",
		"":                             "",
		"exec":                         "",
		"/bin/python3.12 /none/x.py  ": "/none/x.py",
	} {
		if got := given(t, "/bin/sh", "-c", command); got != want {
			t.Errorf("sh -c %q: %q, want %q", command, got, want)
		}
	}
}

func TestWhatIsCertain(t *testing.T) {
	for command, want := range map[string][]bool{
		"tini -- sh":         {true, true},
		"env sh":             {true, true},
		"env -i /bin/sh":     {true, false},
		"env A=b sh":         {true, false},
		"/entry.sh sh":       {true, true, false},
		"/run.py":            {true, true, false},
		"timeout 5 env sh":   {true, true, true},
		"busybox env A=b sh": {true, false},
	} {
		var entries []lt.Entry
		for _, name := range []string{"sh", "env", "tini", "timeout", "busybox", "python3.12"} {
			entries = append(entries, lt.Exe("bin/"+name, lt.Static("amd64")))
		}
		entries = append(entries, lt.Script("entry.sh", "#!/bin/sh\nexec \"$@\"\n"),
			lt.Script("run.py", "#!/bin/env -S PYTHONPATH=/x python3.12\n"))
		trace, err := entrypoint.Follow(t.Context(), image(t, entries),
			entrypoint.Command{Entrypoint: strings.Fields(command), Env: []string{"PATH=/bin"}, Fits: fits})
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for n := range trace.Steps {
			got = append(got, trace.Certain(n))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v in %q", command, got, want, show(trace))
		}
	}
}

func FuzzGiven(f *testing.F) {
	f.Add("sh\x00-c\x00exec /app --x", "PATH=/bin")
	f.Add("java\x00-jar\x00app.jar", "PATH=")
	f.Add("timeout\x00-k\x005\x009\x00nice\x00busybox\x00sh\x00x", "")
	f.Add("env\x00-S\x00a=b node\x00x", "PATH=:")
	var entries []lt.Entry
	for _, name := range []string{"sh", "java", "python", "node", "timeout", "nice", "env", "busybox", "taskset",
		"chrt"} {
		entries = append(entries, lt.Exe("bin/"+name, lt.Static("amd64")))
	}
	files := image(f, entries)
	f.Fuzz(func(t *testing.T, args, env string) {
		trace, err := entrypoint.Follow(t.Context(), files,
			entrypoint.Command{Entrypoint: strings.Split(args, "\x00"), Env: []string{"PATH=/bin"}, Fits: fits})
		if err != nil {
			return
		}
		for _, g := range trace.Given([]string{env}) {
			if g.Step < 0 || g.Step >= len(trace.Steps) || g.Name == "" || len(g.Names) == 0 || g.Sure &&
				!trace.Certain(g.Step) {
				t.Errorf("%+v", g)
			}
		}
	})
}
