#!/usr/bin/env bash
# Builds dist/Rechallenge.app. To be run on macOS (make package); NOT TRIED YET:
# nobody has run it. docs/release.md says what signing and notarising need.
set -euo pipefail
cd "$(dirname "$0")/../../.."
version=$1
app=dist/Rechallenge.app/Contents
rm -rf dist/Rechallenge.app && mkdir -p "$app/MacOS" "$app/Resources" dist/icon.iconset
cp bin/rechallenge bin/rechallenge-dialogs bin/rechallenge-cli "$app/MacOS/"
sed "s/@VERSION@/$version/g" assets/package/macos/Info.plist >"$app/Info.plist"
plutil -lint "$app/Info.plist"
for size in 16 32 128 256 512; do
	sips -z $size $size assets/icon.png --out "dist/icon.iconset/icon_${size}x$size.png" >/dev/null
	double=$((size * 2))
	sips -z $double $double assets/icon.png --out "dist/icon.iconset/icon_${size}x$size@2x.png" >/dev/null
done
iconutil -c icns dist/icon.iconset -o "$app/Resources/rechallenge.icns" && rm -r dist/icon.iconset
cp LICENSE assets/licences.txt "$app/Resources/"
echo "dist/Rechallenge.app is not signed; docs/release.md says how."
