package cure

import "strings"

// Line is one of the difference of two programs.
type Line struct {
	Op   byte // ' ' both have it, '-' the bitten one alone, '+' the cured one, '.' lines are left out
	Text string
}

// around is how many lines that both have are shown around those that differ.
const around = 2

// Difference is what makes the one program the other.
func (c Cure) Difference() []Line {
	all := difference(lines(c.Bitten.Text()), lines(c.Cured.Text()))
	near := make([]bool, len(all))
	for i, l := range all {
		if l.Op == ' ' {
			continue
		}
		for j := max(0, i-around); j <= min(len(all)-1, i+around); j++ {
			near[j] = true
		}
	}
	var list []Line
	for i, l := range all {
		switch {
		case near[i]:
			list = append(list, l)
		case len(list) > 0 && list[len(list)-1].Op != '.' && i < len(all)-1:
			list = append(list, Line{Op: '.'})
		}
	}
	if n := len(list); n > 0 && list[n-1].Op == '.' {
		list = list[:n-1]
	}
	return list
}

// String is the line as a difference is written.
func (l Line) String() string {
	if l.Op == '.' {
		return "  ..."
	}
	return strings.TrimRight(string(l.Op)+" "+l.Text, " ")
}

func lines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// difference finds the longest common subsequence; programs have some 200 lines.
func difference(a, b []string) (list []Line) {
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
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			list = append(list, Line{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			list = append(list, Line{'-', a[i]})
			i++
		default:
			list = append(list, Line{'+', b[j]})
			j++
		}
	}
	return list
}
