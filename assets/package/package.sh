#!/usr/bin/env bash
# Builds everything that is handed out, into dist/: packages for Debian and
# Fedora, a tarball, Windows, the command line for six systems, an SBOM and
# SHA256SUMS. The same commit gives the same bytes in whatever folder it is
# built: no paths, no clocks (SOURCE_DATE_EPOCH is the commit's time), no order
# of the file system. `make packages` installs what it needs and calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C TZ=UTC GO="${GO:-go}"
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
version=${VERSION:?the version, from make}
numbers=$(sed -E 's/^([0-9]+)\.([0-9]+)\.([0-9]+).*/\1.\2.\3.0/' <<<"$version")
clock="@$SOURCE_DATE_EPOCH"
work=$(mktemp -d)
trap 'rm -rf "$work"; rm -f app/*.syso app/*/*.syso app/*/*/*.syso' EXIT
cli=./$(dirname "$(ls app/*cli/main.go)") dialogs=./app/native/rechallenge-dialogs

build() { # build FILE PACKAGE [FLAGS]; GOOS, GOARCH, CGO_ENABLED, CC from the environment
	local out=$1 pkg=$2
	shift 2
	echo "building $(basename "$out") (${GOOS:-linux}/${GOARCH:-amd64})"
	$GO build -trimpath -buildvcs=auto "$@" -o "$out" "$pkg"
}
flags="-s -w -X main.Version=$version"
settle() { find "$1" -exec touch -h -d "$clock" {} +; } # one time for all files
pack() { (cd "$1" && find . -mindepth 1 -printf '%P\n' | sort | tar --no-recursion --format=gnu --owner=0 --group=0 --numeric-owner --mtime="$clock" -cf - -T -) | gzip -9n >"$2"; }

rm -rf dist && mkdir -p dist

# The programs.
GOOS=linux GOARCH=amd64 CGO_ENABLED=1 build "$work/rechallenge" ./app -ldflags "$flags"
GOOS=linux GOARCH=amd64 CGO_ENABLED=1 build "$work/rechallenge-dialogs" $dialogs -ldflags "$flags"
for arch in amd64 arm64; do
	# With libssl at run time for the packages; without, static, for a file that one copies somewhere.
	GOOS=linux GOARCH=$arch CGO_ENABLED=0 build "$work/rechallenge-cli-$arch" "$cli" -ldflags "$flags"
	GOOS=linux GOARCH=$arch CGO_ENABLED=0 build "dist/rechallenge-cli-$version-linux-$arch" "$cli" -tags nolibssl -ldflags "$flags"
	GOOS=darwin GOARCH=$arch CGO_ENABLED=0 build "dist/rechallenge-cli-$version-darwin-$arch" "$cli" -ldflags "$flags"
	for folder in app "${cli#./}" "${dialogs#./}"; do
		$GO run "$WINRES" make --in assets/package/windows/winres.json --arch "$arch" --out "$folder/rsrc" \
			--product-version "$numbers" --file-version "$numbers"
	done
	GOOS=windows GOARCH=$arch CGO_ENABLED=0 build "dist/rechallenge-cli-$version-windows-$arch.exe" "$cli" -ldflags "$flags"
done
GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc build "$work/Rechallenge.exe" ./app -ldflags "$flags -H windowsgui"
GOOS=windows GOARCH=amd64 CGO_ENABLED=0 build "$work/rechallenge-dialogs.exe" $dialogs -ldflags "$flags -H windowsgui"
rm -f app/*.syso app/*/*.syso app/*/*/*.syso

# Linux: one tree for the window, one for the command line.
doc() { # doc TREE NAME: what Debian wants of every package
	local to=$1/usr/share/doc/$2
	mkdir -p "$to"
	{ cat assets/package/linux/copyright.head && sed 's/^$/./; s/^/ /' LICENSE; } >"$to/copyright"
	cp assets/licences.txt "$to/licences.txt"
	gzip -9nc CHANGELOG.md >"$to/changelog.gz"
}
tree=$work/window share=$work/window/usr/share
install -Dm755 "$work/rechallenge" "$tree/usr/bin/rechallenge"
install -Dm755 "$work/rechallenge-dialogs" "$tree/usr/lib/rechallenge/rechallenge-dialogs"
install -Dm644 assets/package/linux/io.github.rechallenge.desktop -t "$share/applications"
install -Dm644 assets/package/linux/io.github.rechallenge.xml -t "$share/mime/packages"
mkdir -p "$share/metainfo" "$share/man/man1"
sed "s/@VERSION@/$version/; s/@DATE@/$(date -d "$clock" +%F)/" assets/package/linux/io.github.rechallenge.metainfo.xml >"$share/metainfo/io.github.rechallenge.metainfo.xml"
gzip -9nc assets/package/linux/rechallenge.1 >"$share/man/man1/rechallenge.1.gz"
for size in 16 22 24 32 48 64 128 256 512; do
	mkdir -p "$share/icons/hicolor/${size}x$size/apps"
	rsvg-convert -w $size -h $size assets/icon.svg -o "$share/icons/hicolor/${size}x$size/apps/io.github.rechallenge.png"
done
install -Dm644 assets/icon.svg "$share/icons/hicolor/scalable/apps/io.github.rechallenge.svg"
doc "$tree" rechallenge

"$work/rechallenge-cli-amd64" man "$work/man" && gzip -9n "$work"/man/*.1
for arch in amd64 arm64; do
	tree=$work/cli-$arch share=$work/cli-$arch/usr/share
	install -Dm755 "$work/rechallenge-cli-$arch" "$tree/usr/bin/rechallenge-cli"
	install -Dm644 "$work"/man/*.1.gz -t "$share/man/man1"
	mkdir -p "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
	"$work/rechallenge-cli-amd64" completion bash >"$share/bash-completion/completions/rechallenge-cli"
	"$work/rechallenge-cli-amd64" completion zsh >"$share/zsh/vendor-completions/_rechallenge-cli"
	"$work/rechallenge-cli-amd64" completion fish >"$share/fish/vendor_completions.d/rechallenge-cli.fish"
	doc "$tree" rechallenge-cli
done
find "$work" -type d -exec chmod 755 {} + && find "$work" -path '*/share/*' -type f -exec chmod 644 {} +


export VERSION=$version
nfpm() { # nfpm RECIPE TREE ARCH PACKAGER FILE
	settle "$2"
	TREE=$2 ARCH=$3 $GO run "$NFPM" package -f "assets/package/linux/$1" -p "$4" -t "dist/$5" >/dev/null
}
nfpm window.yaml "$work/window" amd64 deb "rechallenge_${version}_amd64.deb"
nfpm window.yaml "$work/window" amd64 rpm "rechallenge-$version.x86_64.rpm"
nfpm cli.yaml "$work/cli-amd64" amd64 deb "rechallenge-cli_${version}_amd64.deb"
nfpm cli.yaml "$work/cli-arm64" arm64 deb "rechallenge-cli_${version}_arm64.deb"
nfpm cli.yaml "$work/cli-amd64" amd64 rpm "rechallenge-cli-$version.x86_64.rpm"

# The tarball: both programs, and a script that needs no root.
all=$work/tar/rechallenge-$version
mkdir -p "$all" && cp -r "$work/window/usr" "$all/usr" && cp -r "$work/cli-amd64/usr/." "$all/usr/"
install -m755 assets/package/linux/install.sh "$all/install.sh"
install -m644 LICENSE README.md "$all/"
pack "$work/tar" "dist/rechallenge-$version-linux-amd64.tar.gz"

# Windows.
tree=$work/Rechallenge
mkdir -p "$tree" && mv "$work/Rechallenge.exe" "$work/rechallenge-dialogs.exe" "$tree/"
cp "dist/rechallenge-cli-$version-windows-amd64.exe" "$tree/rechallenge-cli.exe"
sed 's/$/\r/' LICENSE >"$tree/LICENSE.txt" && sed 's/$/\r/' assets/licences.txt >"$tree/licences.txt"
settle "$tree"
(cd "$work" && find Rechallenge -type f | sort | zip -qX -9 "$OLDPWD/dist/rechallenge-$version-windows-amd64.zip" -@)
makensis -V2 -NOCD -DVERSION="$version" -DNUMBERS="$numbers" -DTREE="$tree" -DOUT="dist/rechallenge-$version-windows-amd64-setup.exe" assets/package/windows/setup.nsi

# What is inside, and how to check that it came whole.
$GO run "$SBOM" mod -json -std -noserial -notimestamp -licenses -type application -output "dist/rechallenge-$version.sbom.json" . 2>/dev/null
(cd dist && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS)
ls -l dist
