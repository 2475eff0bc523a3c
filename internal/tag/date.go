package tag

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // Lambda's provided.al2023 has no time zones
)

// samples are times that together show every form that a layout can take: each element of a date
// differs between the first two (also the day of the week, morning and afternoon, one and two
// digits), and all months follow.
var samples = func() []time.Time {
	times := []time.Time{
		time.Date(2001, time.January, 3, 4, 5, 6, 0, time.UTC),
		time.Date(2024, time.December, 31, 17, 58, 59, 987_654_321, time.UTC),
	}
	for month := time.January; month <= time.December; month++ {
		// Seven days in a row show all names of weekdays.
		for day := 8; day < 15; day++ {
			times = append(times, time.Date(2010, month, day, day, day, day, 123_000_000, time.UTC))
		}
	}
	return times
}()

// parseDate reads LAYOUT or LAYOUT,ZONE and gives the reason if it is refused. No tag can hold a
// comma, so that it can't belong to the layout.
func parseDate(text string) (part, string) {
	layout, name, zoned := strings.Cut(text, ",")
	p := part{kind: date, layout: layout, zone: time.UTC}
	if zoned {
		zone, err := time.LoadLocation(name)
		if err != nil || name == "" || name == "Local" {
			return part{},
				fmt.Sprintf("there is no time zone %q: use a name of the IANA database, such as Europe/Berlin or Asia/Shanghai, or leave it out for UTC",
					name)
		}
		p.zone = zone
	}
	return p, checkLayout(layout, p.zone)
}

// checkLayout gives the reason why a tag can't hold a date in this layout.
func checkLayout(layout string, zone *time.Location) string {
	const example = "write a layout of Go's time package, such as {date:20060102} or {date:20060102-1504}"
	if layout == "" {
		return "the layout is missing: " + example
	}
	if samples[0].Format(layout) == samples[1].Format(layout) {
		return fmt.Sprintf("%q names no part of a date: %s", layout, example)
	}
	for _, t := range samples {
		t = t.In(zone)
		if t.Format(layout) == "" {
			return fmt.Sprintf("gives nothing at %s: %s", t.UTC().Format(time.RFC3339Nano), example)
		}
		if bad := badCharacter(t.Format(layout)); bad != "" {
			return fmt.Sprintf("gives %q, and a tag can't hold %s: %s", t.Format(layout), bad, example)
		}
	}
	return ""
}
