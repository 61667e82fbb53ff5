// Package e2e drives the real program in a real window: Xvfb as the screen,
// openbox as the window manager, xdotool as the person's hands, and the file
// dialogs of GTK. It holds tests only.
//
// What the window shows is read from the file that RECHALLENGE_STATE_DUMP
// names, never from pixels; every wait polls and has a deadline. RECHALLENGE_BIN
// names a program built before; without it the tests build one.
package e2e
