#!/usr/bin/env python3
"""A window of which every part can be dragged: the files named as arguments.

The tests press the mouse on it and let go over the program's window; xdotool
alone can't begin a drag."""
import sys
from urllib.parse import quote

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

window = Gtk.Window(title="drag source")
window.set_default_size(120, 60)
window.set_keep_above(True)
box = Gtk.EventBox()
box.add(Gtk.Label(label="drag me"))
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_add_uri_targets()
box.connect("drag-data-get", lambda _w, _c, data, _i, _t: data.set_uris(["file://" + quote(p) for p in sys.argv[1:]]))
window.add(box)
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(20, 700)
Gtk.main()
