package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"archway/test/browser"
)

// In Chromium as on GitHub: the picture is an image of a page, 830 pixels wide.
func TestPictureInABrowser(t *testing.T) {
	chromium := browser.Start(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "picture.svg")
	if err := os.WriteFile(file, draw(t, example), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Run("text takes no more room than was measured", func(t *testing.T) {
		tab := browser.Open(t, chromium, "file://"+file, browser.Look{Width: 960, Height: 800})
		type out struct {
			Text  string
			Which string
		}
		// The rectangles that a text touches without being inside of them, and the texts that touch
		// each other.
		found := browser.Value[[]out](tab, `(() => {
			const box = e => e.getBoundingClientRect();
			const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
			const inside = (a, b) => a.left >= b.left - 0.5 && a.right <= b.right + 0.5 && a.top >= b.top - 1.5 && a.bottom <= b.bottom + 1.5;
			const texts = [...document.querySelectorAll('text')], rects = [...document.querySelectorAll('rect')], out = [];
			for (const [i, t] of texts.entries()) {
				for (const r of rects) if (meet(box(t), box(r)) && !inside(box(t), box(r))) out.push({Text: t.textContent, Which: r.outerHTML});
				// The boxes of lines that follow each other closely overlap, their letters do not: the middle of each counts.
				for (const o of texts.slice(i + 1)) {
					const shrink = b => ({left: b.left, right: b.right, top: b.top + b.height * 0.2, bottom: b.bottom - b.height * 0.2});
					if (meet(shrink(box(t)), shrink(box(o)))) out.push({Text: t.textContent, Which: o.textContent});
				}
			}
			return out;
		})()`)
		for _, o := range found {
			t.Errorf("%q is in the way of %s", o.Text, o.Which)
		}
	})
	t.Run("light and dark", func(t *testing.T) {
		page := filepath.Join(dir, "page.html")
		if err := os.WriteFile(page,
			[]byte(`<!doctype html><title>README</title><body style="margin:0"><img src="picture.svg" alt="" style="width:100%">`),
			0o644); err != nil {
			t.Fatal(err)
		}
		look := browser.Look{Width: 830, Height: 800}
		tab := browser.Open(t, chromium, "file://"+page, look)
		bright := tab.Screenshot()
		look.Dark = true
		tab.Look(look)
		night := tab.Screenshot()
		browser.Keep(t, "picture-light", bright)
		browser.Keep(t, "picture-dark", night)
		for name, picture := range map[string][]byte{"light": bright, "dark": night} {
			if n := browser.Colors(t, picture); n < 50 {
				t.Errorf("%s: got %d colors, expected a picture", name, n)
			}
		}
		if bytes.Equal(bright, night) {
			t.Error("the picture is the same in the dark")
		}
		if got := len(tab.Requests()); got != 2 {
			t.Errorf("got the requests %q, expected the page and the picture", tab.Requests())
		}
		if len(tab.Messages()) > 0 {
			t.Errorf("the console has %q", tab.Messages())
		}
	})
}
