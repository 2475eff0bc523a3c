package page

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/browser"
	"archway/test/rehearse/internal/report"
)

// looks are the widths at which a page is read: a telephone's, and a desk's.
var looks = map[string]browser.Look{
	"narrow-light": {Width: 360, Height: 740}, "narrow-dark": {Width: 360, Height: 740, Dark: true},
	"wide-light": {Width: 1280, Height: 900}, "wide-dark": {Width: 1280, Height: 900, Dark: true},
}

func TestPageInABrowser(t *testing.T) {
	chromium := browser.Start(t)
	for name, r := range map[string]*report.Report{"succeeded": succeeded(t), "failed": failed(t)} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(file, []byte(write(t, r, Options{})), 0o644); err != nil {
				t.Fatal(err)
			}
			CheckInBrowser(t, chromium, "file://"+file, name)
		})
	}
	t.Run("keyboard", func(t *testing.T) { keyboard(t, chromium) })
	t.Run("print", func(t *testing.T) { onPaper(t, chromium) })
}

// CheckInBrowser looks at a page in both schemes, on a telephone and on a desk.
func CheckInBrowser(t *testing.T, chromium context.Context, url, name string) {
	t.Helper()
	tab := browser.Open(t, chromium, url, looks["wide-light"])
	if title := browser.Value[string](tab, `document.title`); !strings.HasPrefix(title, "Rehearsal ") {
		t.Errorf("got the title %q", title)
	}
	schemes := map[string][]byte{}
	for look, how := range looks {
		tab.Look(how)
		picture := tab.Screenshot()
		browser.Keep(t, "page-"+name+"-"+look, picture)
		schemes[look] = picture
		if n := browser.Colors(t, picture); n < 50 {
			t.Errorf("%s: got %d colors, expected text", look, n)
		}
		if over := browser.Value[int](tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: the page is %d pixels wider than the window", look, over)
		}
		browser.Value[int](tab,
			`(document.querySelectorAll('details').forEach(d => d.dataset.was = d.open), document.querySelectorAll('details').forEach(d => d.open = true), 0)`)
		for _, f := range tab.Faint(4.5) {
			t.Errorf("%s: %q in %s on %s has a contrast of %.2f, expected 4.5 or more", look, f.Text, f.Color,
				f.Background, f.Ratio)
		}
		if over := browser.Value[int](tab, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: with all logs open the page is %d pixels wider than the window", look, over)
		}
		browser.Value[int](tab,
			`(document.querySelectorAll('details').forEach(d => d.open = d.dataset.was === 'true'), 0)`)
	}
	for _, width := range []string{"narrow", "wide"} {
		if bytes.Equal(schemes[width+"-light"], schemes[width+"-dark"]) {
			t.Errorf("%s: the page is the same in the dark", width)
		}
	}
	if requests := tab.Requests(); len(requests) != 1 {
		t.Errorf("got the requests %q, expected the page alone", requests)
	}
	if messages := tab.Messages(); len(messages) > 0 {
		t.Errorf("the console has %q", messages)
	}
	type fault struct{ What, Where string }
	// What a screen reader stumbles over.
	for _, f := range browser.Value[[]fault](tab, `(() => {
		const faults = [], ids = new Set();
		for (const e of document.querySelectorAll('[id]')) ids.has(e.id) ? faults.push({What: 'an id twice', Where: e.id}) : ids.add(e.id);
		for (const e of document.querySelectorAll('[aria-labelledby]')) if (!ids.has(e.getAttribute('aria-labelledby'))) faults.push({What: 'a label that is not there', Where: e.outerHTML.slice(0, 80)});
		for (const a of document.querySelectorAll('a')) if (!ids.has(decodeURIComponent(a.hash.slice(1)))) faults.push({What: 'a link to nowhere', Where: a.outerHTML});
		for (const e of document.querySelectorAll('[role=region]')) if (!e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby')) faults.push({What: 'a region without a name', Where: e.outerHTML.slice(0, 80)});
		for (const e of document.querySelectorAll('summary, th, h1, h2, h3')) if (!e.textContent.trim()) faults.push({What: 'nothing to read', Where: e.outerHTML});
		let last = 1;
		for (const h of document.querySelectorAll('h1, h2, h3, h4')) { const n = +h.tagName[1]; if (n > last + 1) faults.push({What: 'a heading that skips a level', Where: h.textContent}); last = n; }
		if (document.querySelectorAll('h1').length !== 1 || !document.querySelector('main') || !document.documentElement.lang) faults.push({What: 'no outline', Where: ''});
		return faults;
	})()`) {
		t.Errorf("%s: %s", f.What, f.Where)
	}
}

// keyboard walks over a page as a person without a mouse does.
func keyboard(t *testing.T, chromium context.Context) {
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(write(t, succeeded(t), Options{})), 0o644); err != nil {
		t.Fatal(err)
	}
	tab := browser.Open(t, chromium, "file://"+file, looks["wide-light"])
	focus := func() string { return browser.Value[string](tab, `document.activeElement.textContent.trim()`) }
	tab.Press("\t")
	if got := focus(); got != "Skip to the content" {
		t.Fatalf("the first stop is %q, expected the link that skips what is the same on every page", got)
	}
	if seen := browser.Value[bool](tab, `document.activeElement.getBoundingClientRect().top >= 0`); !seen {
		t.Error("the skip link has the focus, and can't be seen")
	}
	tab.Press("\r")
	if at := browser.Value[string](tab, `document.activeElement.id + location.hash`); at != "main#main" {
		t.Errorf("the skip link leads to %q, expected the content", at)
	}
	// From there on to the log of a build, and into it.
	opened := false
	for range 40 {
		tab.Press("\t")
		if outline := browser.Value[string](tab,
			`getComputedStyle(document.activeElement).outlineStyle`); outline == "none" {
			t.Errorf("%q has the focus, and nothing shows it", focus())
		}
		if !strings.HasPrefix(focus(), "Build / api-arm64") {
			continue
		}
		tab.Press("\r")
		opened = browser.Value[bool](tab, `document.activeElement.parentElement.open`)
		break
	}
	if !opened {
		t.Fatal("no way by the keyboard opened the log of the build")
	}
	tab.Press("\t")
	if got := browser.Value[string](tab, `document.activeElement.tagName`); got != "PRE" {
		t.Errorf("after the summary comes %s, expected the log, which can be scrolled then", got)
	}
	// The name in the timeline leads into a folded log, and unfolds it.
	browser.Value[bool](tab, `(document.querySelector('.timeline a[href$="log-1-1"]').focus(), true)`)
	tab.Press("\r")
	if open := browser.Value[bool](tab,
		`document.getElementById('pipeline-1-log-1-1').closest('details').open`); !open {
		t.Error("the link in the timeline leads to a log that stays folded")
	}
}

// onPaper: what is folded on the screen is not lost on paper, and nothing is printed light on
// white.
func onPaper(t *testing.T, chromium context.Context) {
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(write(t, failed(t), Options{})), 0o644); err != nil {
		t.Fatal(err)
	}
	look := browser.Look{Width: 794, Height: 1123, Dark: true, Print: true}
	tab := browser.Open(t, chromium, "file://"+file, look)
	browser.Keep(t, "page-print", tab.Screenshot())
	if ink := browser.Value[string](tab, `getComputedStyle(document.body).color`); ink != "rgb(31, 35, 40)" {
		t.Errorf("the text is printed in %s, expected the dark ink of the light scheme", ink)
	}
	if !browser.Value[bool](tab, `document.getElementById('pipeline-1-log-1-1').checkVisibility()`) {
		t.Error("a folded log is not printed")
	}
}
