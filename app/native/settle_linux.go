package native

// #cgo pkg-config: gtk+-3.0
// #include <gtk/gtk.h>
// static void settle(void) {
//     while (gtk_events_pending()) gtk_main_iteration();
//     GdkDisplay *d = gdk_display_get_default();
//     if (d != NULL) gdk_display_sync(d);
// }
import "C"

import "time"

// settle lets GTK finish with a dialog that was closed. No GTK main loop runs
// here, and what arrives after the dialog's own last look at its events would
// stay undone: now and then the dialog would stay on the screen.
func settle() {
	for range 5 {
		C.settle()
		time.Sleep(10 * time.Millisecond)
	}
}
