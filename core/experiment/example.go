package experiment

// sampled is an example of an answer: columns, and rows of which no run is the
// evidence.
func sampled(columns []string, rows ...Row) *Conclusion {
	return &Conclusion{Columns: columns, Rows: rows}
}

func said(mark Mark, cells ...string) Row { return Row{Cells: cells, Mark: mark, Run: -1} }
