# What each target does: make help
SHELL := /bin/bash
GO    ?= go
FUZZTIME ?= 10m
# The tag, where this commit has one; else FyneApp.toml's, marked.
VERSION  := $(or $(patsubst v%,%,$(shell git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null)),$(shell sed -n 's/^ *Version = "\(.*\)"/\1/p' FyneApp.toml)+dev)
LDFLAGS  := -X main.Version=$(VERSION)

# Tools that are run from source, pinned.
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FYNE        := fyne.io/tools/cmd/fyne@v1.7.4
ACTIONLINT  := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
export NFPM   := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0
export WINRES := github.com/tc-hib/go-winres@v0.3.3
export SBOM   := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

# System packages: to build the window, and to test it and against real servers.
BUILD_PACKAGES := gcc libc6-dev pkg-config libgl1-mesa-dev xorg-dev libgtk-3-dev libxkbcommon-dev libwayland-dev
RUN_PACKAGES   := libgl1-mesa-dri libssl3 xz-utils
TEST_PACKAGES  := xvfb openbox xdotool xclip imagemagick nginx-light apache2 haproxy lighttpd lighttpd-mod-openssl stunnel4 caddy gnutls-bin libnss3-tools softhsm2 p11-kit opensc \
	openssl libengine-gost-openssl openjdk-17-jdk-headless libbcpkix-java libbcprov-java tshark tcpdump chromium firefox-esr python3-gi gir1.2-gtk-3.0 python3-requests python3-httpx ruby php-cli php-curl libio-socket-ssl-perl wget curl libwww-perl liblwp-protocol-https-perl gir1.2-soup-3.0 glib-networking \
	libhttpclient-java libokhttp-java node-axios node-undici procps libxml2-utils \
	$(shell command -v node >/dev/null || echo nodejs)
# Servers that speak no HTTP: those that make test visits, and the others. None of
# them is started or enabled by being installed.
TEST_PACKAGES  += postgresql slapd dovecot-imapd
SERVICES       := mariadb-server dovecot-pop3d mosquitto redis-server postfix proftpd-core proftpd-mod-crypto prosody inspircd rabbitmq-server etcd-server
PACK_PACKAGES  := xvfb xauth debootstrap gcc-mingw-w64-x86-64 nsis librsvg2-bin zip lintian appstream desktop-file-utils rpm
WINE_PACKAGES  := wine wine64 xvfb xauth xdotool openbox imagemagick unzip

.PHONY: test-services packages-services help run build cli cli-static test unit e2e lint bench large hostile fuzz fuzz-a-little gallery package packages test-packages test-wine module packages-build packages-test packages-pack packages-wine clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## install what the window needs, build it, and open it (without a display: the demo in the terminal)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(MAKE) --no-print-directory build && exec bin/rechallenge; \
	else echo "No display (DISPLAY is not set): running the demo on the command line instead of the window."; \
	$(MAKE) --no-print-directory cli && exec bin/rechallenge-cli demo --report demo-report.html; fi

build: packages-build cli ## bin/rechallenge (window), the program for its file dialogs, and bin/rechallenge-cli
	CGO_ENABLED=1 $(GO) build -ldflags '$(LDFLAGS)' -o bin/rechallenge ./app
	CGO_ENABLED=1 $(GO) build -ldflags '$(LDFLAGS)' -o bin/rechallenge-dialogs ./app/native/rechallenge-dialogs

cli: ## bin/rechallenge-cli alone: no Fyne, no cgo, no system package
	CGO_ENABLED=0 $(GO) build -ldflags '$(LDFLAGS)' -o bin/rechallenge-cli ./app/rechallenge-cli

cli-static: ## the same without the run-time libssl, static (Alpine, scratch)
	CGO_ENABLED=0 $(GO) build -tags nolibssl -ldflags '$(LDFLAGS)' -o bin/rechallenge-cli ./app/rechallenge-cli

test: packages-build packages-test lint unit fuzz-a-little e2e ## install what the tests need and run all of them

lint: ## gofumpt, vet and staticcheck, no exclusions
	@bad=$$($(GO) run $(GOFUMPT) -l app core assets docs); if [ -n "$$bad" ]; then echo "not gofumpt-ed:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

unit: ## every package, with the race detector; the corpus of identity files without
	RECHALLENGE_REQUIRE_TOOLS=1 $(GO) test -race -timeout 20m $$($(GO) list ./core/... ./app/... ./assets/... ./docs | grep -v -E '/app$$|/rechallenge-dialogs$$|/e2e')
	RECHALLENGE_REQUIRE_TOOLS=1 $(GO) test -timeout 20m -run 'TestCorpus$$' ./core/identity

e2e: build ## the real binary in a real window under Xvfb
	$(GO) test ./app
	RECHALLENGE_REQUIRE_TOOLS=1 RECHALLENGE_BIN=$(CURDIR)/bin/rechallenge $(GO) test -count=1 -timeout 10m ./app/e2e

gallery: build packages-test ## pictures of every page and state into docs/gallery, and those of the README
	rm -rf docs/gallery
	RECHALLENGE_REQUIRE_TOOLS=1 RECHALLENGE_BIN=$(CURDIR)/bin/rechallenge RECHALLENGE_GALLERY=$(CURDIR)/docs/gallery \
	$(GO) test -count=1 -timeout 10m -run TestGallery ./app/e2e
	for look in dark light; do convert docs/gallery/$$look-03-verdict.png -strip docs/screenshot-$$look.png; done
	cd docs/gallery && convert -delay 150 dark-01-empty.png dark-02-demo.png -delay 300 dark-03-verdict.png -delay 250 dark-03-outcomes.png dark-07-why.png dark-09-cures.png -resize 960x -layers optimize -colors 96 ../demo.gif

bench: ## benchmarks: our cost beside a plain crypto/tls loop, the decoder, the timeline
	$(GO) test -run '^$$' -bench . -benchmem ./core/... ./app/widgets/... ./app/state/... ./app/rechallenge-cli

large: packages-test ## a capture of 20,000 connections: time and memory, beside tshark
	RECHALLENGE_LARGE=20000 $(GO) test -count=1 -timeout 20m -v -run LargeCapture ./app/rechallenge-cli

hostile: ## the command line against every scenario of the hostile server (make test: a part), and docs/hostile.md of it
	RECHALLENGE_HOSTILE=all $(GO) test -count=1 -timeout 60m -v ./core/servers/hostile -args -update

fuzz: ## every fuzz target, FUZZTIME each (10m)
	@set -e; for p in $$($(GO) list ./core/...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep ^Fuzz || true); do \
	t=$(FUZZTIME); case "$$f $$t" in "FuzzReproQuotes "*x) t=10x;; "FuzzCapture "*x|"FuzzStory "*x) t=1000x;; esac; \
	echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $$t -fuzzminimizetime 20x $$p; done; done

fuzz-a-little: ## every fuzz target for some seconds
	@$(MAKE) --no-print-directory fuzz FUZZTIME=10000x

packages: packages-build packages-pack ## dist/: packages and installers for Linux, Windows and macOS, SBOM, SHA256SUMS
	GO="$(GO)" VERSION="$(VERSION)" assets/package/package.sh

test-packages: packages-pack packages-test ## build dist/ twice, in two folders: the same bytes; install what is in it, start it, remove it
	RECHALLENGE_PACKAGES=$(CURDIR)/dist $(GO) test -count=1 -timeout 60m -v ./assets/package/...

test-wine: packages-wine packages-test ## the Windows programs under Wine: command line, window, dialogs, installer
	RECHALLENGE_WINE=1 $(GO) test -count=1 -timeout 30m -v -run Wine ./assets/package/...

# The fyne command counts Build up in FyneApp.toml, which we don't want, and
# wants to write where it stands.
package: build ## dist/: the desktop package of this system alone, and the command line
ifeq ($(shell uname),Darwin)
	assets/package/macos/app.sh "$(VERSION)"
else
	mkdir -p dist && cp FyneApp.toml dist/FyneApp.toml.kept
	$(GO) run $(FYNE) package --os $$($(GO) env GOOS) --exe bin/rechallenge --release; code=$$?; mv dist/FyneApp.toml.kept FyneApp.toml; exit $$code
	mv -f Rechallenge.* dist/ && cp bin/rechallenge-cli bin/rechallenge-dialogs dist/ && ls -l dist
endif

module: ## give the module another name: make module NAME=example.test/rechallenge
	@[ -n "$(NAME)" ] || { echo "usage: make module NAME=example.test/rechallenge"; exit 2; }
	@old=$$($(GO) list -m) && $(GO) mod edit -module "$(NAME)" && \
	git ls-files -z '*.go' '*.sh' Makefile | xargs -0 sed -i "s#\"$$old/#\"$(NAME)/#g" && gofmt -w $$(git ls-files '*.go') && \
	echo "The module is $(NAME) now: go install $(NAME)/app/rechallenge-cli@latest"

clean: ## remove what was built
	rm -rf bin dist demo-report.html

# Install the missing ones of a list of Debian packages, saying which and why.
define install
	@missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "Installing Debian packages ($(2)): $$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo sh assets/install-packages.sh $$missing; fi
endef

packages-pack:
	$(call install,$(PACK_PACKAGES),to make packages for Linux and Windows)

packages-wine:
	$(call install,$(PACK_PACKAGES) $(WINE_PACKAGES),to run the Windows programs)

packages-build:
	$(call install,$(BUILD_PACKAGES) $(RUN_PACKAGES),to build and show the window)

test-services: packages-build packages-test packages-services ## every service that speaks no HTTP, as Debian packages it
	RECHALLENGE_REQUIRE_TOOLS=1 RECHALLENGE_SERVICES=all $(GO) test -count=1 -timeout 20m -run 'TestServices$$' -v ./core/servers
	RECHALLENGE_SERVICES=all $(GO) test -count=1 -timeout 20m -run 'TestRecheckClients$$' -v ./app/desk

packages-services:
	$(call install,$(SERVICES),services to visit with client certificates)

packages-test:
	$(call install,$(TEST_PACKAGES),real servers and tools for the tests)
