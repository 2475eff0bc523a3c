package change

import "strings"

// around is how many equal lines are shown around those that differ.
const around = 1

// differing are the lines of two texts that differ, each with its sign, and the lines around them.
func differing(old, now string) []string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	common := table(a, b)
	var all []string
	var show []bool
	add := func(sign, line string) {
		all, show = append(all, sign+line), append(show, sign != " ")
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(" ", a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			add("-", a[i])
			i++
		default:
			add("+", b[j])
			j++
		}
	}
	var shown []string
	last := -1
	for k := range all {
		near := false
		for m := max(0, k-around); m <= min(len(all)-1, k+around); m++ {
			near = near || show[m]
		}
		if !near {
			continue
		}
		if last >= 0 && k > last+1 {
			shown = append(shown, " …")
		}
		shown, last = append(shown, all[k]), k
	}
	return shown
}

// table holds how many lines the rests of two texts have in common.
func table(a, b []string) [][]int {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}
