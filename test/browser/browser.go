// Package browser opens pages in the machine's Chromium, for tests of what people look at.
package browser

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// limit is for all that a test does in its browser; a browser that hangs is not to hang the tests.
const limit = 5 * time.Minute

// programs are Chromium's names, and those of its relatives, which do as well.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// find returns the program, or an error that says how to get it.
func find() (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium on this machine, to open pages in: apt-get install chromium")
}

// Start starts Chromium without a window. Without Chromium a test is skipped; in CI it fails.
func Start(t *testing.T) context.Context {
	t.Helper()
	path, err := find()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v; in CI nobody looks if this is left out", err)
		}
		t.Skip("NOT RUN: ", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(limit/3)) // it starts slowly on a machine that does much else
	if os.Geteuid() == 0 {
		// Chromium refuses to start as root with its sandbox. What is opened here was written by
		// the test itself.
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := context.WithTimeout(t.Context(), limit)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium (%s) does not start: %v", path, err)
	}
	return ctx
}

// Look is how a page is looked at.
type Look struct {
	Width, Height int64
	Dark          bool
	// Print is for paper.
	Print bool
}

// Tab is an open page.
type Tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	messages []string
}

// Open opens a page in a tab of its own.
func Open(t *testing.T, browser context.Context, url string, look Look) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	tab := &Tab{t: t, ctx: ctx}
	must(t, chromedp.Listen(ctx, tab.heard))
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, log.Enable, struct{}{})
	call(t, ctx, runtime.Enable, struct{}{})
	tab.Look(look)
	must(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	return tab
}

// Look changes how the page is looked at.
func (tab *Tab) Look(look Look) {
	tab.t.Helper()
	scheme, media := "light", ""
	if look.Dark {
		scheme = "dark"
	}
	if look.Print {
		media = "print"
	}
	call(tab.t, tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	must(tab.t, chromedp.Do(tab.ctx, chromedp.EmulateViewport(look.Width, look.Height)))
}

// heard notes what the page asks for and complains about.
func (tab *Tab) heard(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.requests = append(tab.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		tab.messages = append(tab.messages, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		tab.messages = append(tab.messages, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		tab.messages = append(tab.messages, e.Entry.Text)
	}
}

// Requests are the addresses that were asked for, that of the page first.
func (tab *Tab) Requests() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.requests
}

// Messages are what went to the console.
func (tab *Tab) Messages() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.messages
}

// Press presses keys, one after the other.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	must(tab.t, chromedp.Do(tab.ctx, chromedp.KeyEvent(keys)))
}

// Screenshot is a picture of the whole page, as PNG.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	picture, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
	must(tab.t, err)
	return picture
}

// Value evaluates JavaScript in the page.
func Value[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	value, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](expression))
	must(tab.t, err)
	return value
}

//go:embed contrast.js
var contrast string

// Faint is a text whose contrast to what is behind it is too low.
type Faint struct {
	Text, Color, Background string
	Ratio                   float64
}

// Faint are the visible texts below a contrast; WCAG 2 asks for 4.5.
func (tab *Tab) Faint(least float64) []Faint {
	tab.t.Helper()
	return Value[[]Faint](tab, fmt.Sprintf("(%s)(%g)", contrast, least))
}

// Colors counts the colors of a picture: a blank one has one.
func Colors(t *testing.T, picture []byte) int {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	must(t, err)
	colors := map[[3]uint32]bool{}
	bounds := decoded.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := decoded.At(x, y).RGBA()
			colors[[3]uint32{r, g, b}] = true
		}
	}
	return len(colors)
}

// Keep writes a picture where a person can look at it, if ARCHWAY_SCREENSHOTS names a folder.
func Keep(t *testing.T, name string, picture []byte) {
	t.Helper()
	dir := os.Getenv("ARCHWAY_SCREENSHOTS")
	if dir == "" {
		return
	}
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(dir+"/"+name+".png", picture, 0o644))
}

func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], parameters P) {
	t.Helper()
	_, err := chromedp.Call(ctx, command, parameters)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
