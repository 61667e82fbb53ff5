#!/bin/sh
# Installs Rechallenge for this user, without root: ./install.sh [PREFIX], by
# default ~/.local. ./install.sh --remove [PREFIX] takes it away again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
remove=; [ "${1:-}" != --remove ] || { remove=1; shift; }
prefix=${1:-$HOME/.local}
cd "$here/usr"
find . -type f | while read -r f; do
	if [ -n "$remove" ]; then rm -f "$prefix/$f"; continue; fi
	mkdir -p "$prefix/$(dirname "$f")"
	cp "$f" "$prefix/$f"
done
desktop=$prefix/share/applications/io.github.rechallenge.desktop
if [ -z "$remove" ]; then
	# The menu does not know this PATH.
	sed "s|^Exec=rechallenge|Exec=\"$prefix/bin/rechallenge\"|" "share/applications/io.github.rechallenge.desktop" >"$desktop"
else
	rmdir "$prefix/lib/rechallenge" "$prefix/share/doc/rechallenge" 2>/dev/null || true
fi
for t in "update-desktop-database $prefix/share/applications" "update-mime-database $prefix/share/mime" "gtk-update-icon-cache -q -t $prefix/share/icons/hicolor"; do
	$t >/dev/null 2>&1 || true
done
if [ -n "$remove" ]; then echo "Removed from $prefix."; else
	echo "Installed in $prefix. Start it from the menu, or: $prefix/bin/rechallenge"
fi
