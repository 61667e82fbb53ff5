package ui

// unlessDirty does something that loses the plan, after asking if it has
// unsaved changes.
func (d *document) unlessDirty(then func()) {
	if !d.state.Dirty || d.lab != nil {
		then()
		return
	}
	d.choices("Unsaved changes", d.state.LeavingPlan(), nil,
		option{title: "Cancel"},
		option{title: "Don't save", run: then},
		option{title: "Save", preferred: true, run: func() { d.savePlan(then) }})
}

// unlessUnsaved does something that loses the plan and the run that is shown,
// after asking about what of them is not saved.
func (r *runs) unlessUnsaved(then func()) {
	r.doc.unlessDirty(func() { r.unlessRunUnsaved(then) })
}

// unlessRunUnsaved does something that loses the run that is shown, and not the plan.
func (r *runs) unlessRunUnsaved(then func()) {
	switch {
	case !r.state.RunUnsaved() || r.doc.lab != nil:
		then()
	case r.state.Running():
		r.confirm("A run is going on", r.state.LeavingRun(), "Stop it", then)
	default:
		r.choices("The run is not saved", r.state.LeavingRun(), nil,
			option{title: "Cancel"},
			option{title: "Don't save", run: then},
			option{title: "Save report…", preferred: true, run: func() { r.saveRun(then) }})
	}
}
