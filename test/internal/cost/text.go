package cost

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Write writes bills for people, with what they come to together.
func Write(w io.Writer, bills []Bill, given Assumptions) {
	total := 0.0
	for _, b := range bills {
		fmt.Fprintf(w, "%s\n\n", b.Stack)
		if len(b.Run) > 0 {
			rows(w, "one run", b.Run)
		}
		rows(w, "a month without a run", b.Month)
		if b.Runs > 0 {
			fmt.Fprintf(w, "  a month with %d runs: %s USD\n\n", b.Runs, money(b.Monthly()))
		}
		total += b.Monthly()
	}
	fmt.Fprintf(w,
		"Together %s USD a month; with what is free each month in an account that has nothing else, %s USD.\n",
		money(total), money(total-Free(bills)))
	if unknown(bills) {
		fmt.Fprintln(w, "What has no known price counts as nothing.")
	}
	fmt.Fprintf(w, "\nList prices of US East (N. Virginia) without taxes; docs/costs.md has the source of each.\n")
	fmt.Fprintf(w, "Taken for given: builds of %d minutes, everything else less than one; %s GB for each image.\n",
		given.BuildMinutes, number(given.ImageGB))
	fmt.Fprintln(w,
		"Not counted: log volume, custom metrics, mails, CodeCommit users beyond five, and a key's renewals.")
}

// unknown reports whether a price is missing.
func unknown(bills []Bill) bool {
	return slices.ContainsFunc(bills, func(b Bill) bool {
		return slices.ContainsFunc(slices.Concat(b.Run, b.Month), func(i Item) bool { return i.Unknown })
	})
}

// rows writes items as a table.
func rows(w io.Writer, title string, items []Item) {
	width := len(title)
	for _, i := range items {
		width = max(width, len(i.What))
	}
	fmt.Fprintf(w, "  %-*s  %9s  %14s  %8s\n", width, title, "quantity", "price", "USD")
	for _, i := range items {
		price, usd := i.Price.Text, fmt.Sprintf("%.3f", i.USD())
		if i.Unknown {
			price, usd = "not known", "?"
		}
		fmt.Fprintf(w, "  %-*s  %9s  %14s  %8s\n", width, i.What, number(i.Quantity), price, usd)
	}
	fmt.Fprintf(w, "  %-*s  %9s  %14s  %8.3f\n\n", width, "sum", "", "", Sum(items))
}

// number writes a quantity without digits that say nothing.
func number(n float64) string {
	text := strconv.FormatFloat(n, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func money(usd float64) string { return fmt.Sprintf("%.2f", usd) }

// Free is how much of the bills of one month costs nothing, if the account has nothing else. What
// is free of several prices is shared by them in proportion.
func Free(bills []Bill) float64 {
	quantity, usd := map[*allowance]float64{}, map[*allowance]float64{}
	for _, b := range bills {
		add := func(items []Item, times float64) {
			for _, i := range items {
				if i.free != nil {
					quantity[i.free] += times * i.Quantity
					usd[i.free] += times * i.USD()
				}
			}
		}
		add(b.Run, float64(b.Runs))
		add(b.Month, 1)
	}
	free := 0.0
	for a, all := range quantity {
		if all > 0 {
			free += usd[a] * min(1, a.amount/all)
		}
	}
	return free
}
