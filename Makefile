# What each target does: make help
SHELL := /bin/bash
GO    ?= go
FUZZTIME ?= 10m
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -X main.Version=$(VERSION)

# Tools that are run from source, pinned.
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FYNE        := fyne.io/tools/cmd/fyne@v1.7.4

# System packages: to build the window, and to test it and against real servers.
BUILD_PACKAGES := gcc libc6-dev pkg-config libgl1-mesa-dev xorg-dev libgtk-3-dev libxkbcommon-dev libwayland-dev
RUN_PACKAGES   := libgl1-mesa-dri libssl3 xz-utils
TEST_PACKAGES  := xvfb openbox xdotool xclip imagemagick nginx-light apache2 haproxy stunnel4 caddy gnutls-bin libnss3-tools softhsm2 p11-kit opensc \
	openssl openjdk-17-jdk-headless libbcpkix-java libbcprov-java tshark chromium firefox-esr python3-gi gir1.2-gtk-3.0 python3-requests curl procps libxml2-utils \
	$(shell command -v node >/dev/null || echo nodejs)

.PHONY: help run build cli cli-static test unit e2e lint bench fuzz fuzz-a-little gallery package packages-build packages-test clean

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
	CGO_ENABLED=0 $(GO) build -ldflags '$(LDFLAGS)' -o bin/rechallenge-cli ./app/cli

cli-static: ## the same without the run-time libssl, static (Alpine, scratch)
	CGO_ENABLED=0 $(GO) build -tags nolibssl -ldflags '$(LDFLAGS)' -o bin/rechallenge-cli ./app/cli

test: packages-build packages-test lint unit fuzz-a-little e2e ## install what the tests need and run all of them

lint: ## gofumpt, vet and staticcheck, no exclusions
	@bad=$$($(GO) run $(GOFUMPT) -l app core assets docs); if [ -n "$$bad" ]; then echo "not gofumpt-ed:"; echo "$$bad"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

unit: ## every package, with the race detector; the corpus of identity files without
	RECHALLENGE_REQUIRE_TOOLS=1 $(GO) test -race -timeout 20m $$($(GO) list ./core/... ./app/... | grep -v -E '/app$$|/rechallenge-dialogs$$|/e2e')
	RECHALLENGE_REQUIRE_TOOLS=1 $(GO) test -timeout 20m -run 'TestCorpus$$' ./core/identity

e2e: build ## the real binary in a real window under Xvfb
	$(GO) test ./app
	RECHALLENGE_REQUIRE_TOOLS=1 RECHALLENGE_BIN=$(CURDIR)/bin/rechallenge $(GO) test -count=1 -timeout 10m ./app/e2e

gallery: build packages-test ## pictures of every page and state into docs/gallery, and those of the README
	rm -rf docs/gallery
	RECHALLENGE_REQUIRE_TOOLS=1 RECHALLENGE_BIN=$(CURDIR)/bin/rechallenge RECHALLENGE_GALLERY=$(CURDIR)/docs/gallery \
	$(GO) test -count=1 -timeout 10m -run TestGallery ./app/e2e
	for look in dark light; do convert docs/gallery/$$look-03-verdict.png -strip docs/screenshot-$$look.png; done

bench: ## benchmarks: our cost beside a plain crypto/tls loop, the decoder, the timeline
	$(GO) test -run '^$$' -bench . -benchmem ./core/... ./app/widgets/... ./app/state/...

fuzz: ## every fuzz target, FUZZTIME each (10m)
	@set -e; for p in $$($(GO) list ./core/...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep ^Fuzz || true); do \
	echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$p; done; done

fuzz-a-little: ## every fuzz target for some seconds
	@$(MAKE) --no-print-directory fuzz FUZZTIME=10000x

# The fyne command counts Build up in FyneApp.toml, which we don't want, and
# wants to write where it stands.
package: build ## dist/: the desktop package of this system, and the command line
	mkdir -p dist && cp FyneApp.toml dist/FyneApp.toml.kept
	$(GO) run $(FYNE) package --os $$($(GO) env GOOS) --exe bin/rechallenge --release; code=$$?; mv dist/FyneApp.toml.kept FyneApp.toml; exit $$code
	mv -f Rechallenge.* dist/ && cp bin/rechallenge-cli dist/ && ls -l dist

clean: ## remove what was built
	rm -rf bin dist demo-report.html

# Install the missing ones of a list of Debian packages, saying which and why.
define install
	@missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then echo "Installing Debian packages ($(2)): $$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; fi
endef

packages-build:
	$(call install,$(BUILD_PACKAGES) $(RUN_PACKAGES),to build and show the window)

packages-test:
	$(call install,$(TEST_PACKAGES),real servers and tools for the tests)
