# Glasswork: "make run" opens it, "make demo" shows the same loop without a display.

BUILD_PACKAGES = gcc g++ libc6-dev pkg-config libgl-dev libgl1-mesa-dri \
	libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev \
	libopenjp2-7-dev libcharls-dev
TEST_PACKAGES = xvfb xauth xdotool imagemagick python3-nibabel python3-pil \
	dcmtk dicom3tools python3-pydicom libopenjp2-tools openjph-tools

# The peers that "make bench" compares with.
BENCH_PACKAGES = libgdcm-dev libgdcm-tools python3-gdcm libdcmtk-dev \
	python3-pydicom python3-numpy python3-torch

# LIBTORCH names a libtorch to use instead of the system's.
ifndef LIBTORCH
BUILD_PACKAGES += libtorch-dev libopenblas0-pthread
endif

# The window's tests draw on a display of their own.
DISPLAY_FOR_TESTS = xvfb-run -a -s "-screen 0 1600x1000x24"

# Keep paths of the build machine out of programs. All builds share one cache.
export GOFLAGS += -trimpath

# Each test that misses ../shared adds a line here.
export GLASSWORK_SKIPS = $(CURDIR)/bin/skipped-tests

# Packages that link libtorch. The race detector does not work on libtorch.
DEPENDENCIES = go list -f '{{.ImportPath}} {{join .Deps " "}}' ./...
LINKED = $(DEPENDENCIES) | awk '/sugarme\/gotch/ { print $$1 }'
NOT_LINKED = $(DEPENDENCIES) | awk '!/sugarme\/gotch/ { print $$1 }'

.DEFAULT_GOAL := build
.PHONY: run build setup test check demo e2e bench test-packages

# Opens the window on the sample study. Without a display it runs the demo.
run: build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec bin/glasswork --sample; \
	else \
		echo "There is no display here, so the same loop runs without a window."; \
		$(MAKE) --no-print-directory demo; \
	fi

# Installs what is missing, prepares gotch and builds the three programs into bin/. CharLS is the
# only library that glasswork-codec does not link statically; it goes into bin/lib.
build: setup
	go build -tags release -o bin/ ./cmd/glasswork ./cmd/glasswork-trainer ./cmd/glasswork-codec
	@mkdir -p bin/lib && cp -Lf "$$($$(go env CC) -print-file-name=libcharls.so.2)" bin/lib/

# Installs what is missing and prepares gotch for this machine's libtorch. Run again, it does
# nothing.
setup:
	@command -v go >/dev/null || { \
		echo "Glasswork is built with Go 1.26. Install it from https://go.dev/dl."; exit 1; }
	@scripts/packages.sh $(BUILD_PACKAGES)
	@GOWORK=off go run ./cmd/gotch-setup

# Everything a change must pass: the checks, all tests, and the real window.
test: build test-packages check
	@rm -f $(GLASSWORK_SKIPS)
	$(DISPLAY_FOR_TESTS) go test -race -timeout 20m $$($(NOT_LINKED))
	go test -timeout 20m $$($(LINKED))
	go test -count=1 -timeout 20m -tags e2e -run TestTheLoop ./cmd/glasswork
	@echo "$$(cat $(GLASSWORK_SKIPS) 2>/dev/null | wc -l) tests were skipped" \
		"because ../shared is not beside this checkout."

# Checks without running tests: the linters of .golangci.yml, and the licences of what is linked.
check: setup bin/golangci-lint
	bin/golangci-lint run --allow-parallel-runners ./...
	go run ./scripts/notice -check

# A module of its own keeps the linter's dependencies out of Glasswork's go.mod.
bin/golangci-lint: scripts/lint/go.mod
	cd scripts/lint && GOWORK=off go build -o ../../bin/golangci-lint \
		github.com/golangci/golangci-lint/v2/cmd/golangci-lint

test-packages:
	@scripts/packages.sh $(TEST_PACKAGES)

# Runs the whole loop without a window on synthetic studies. Pictures go into demo/.
demo: build
	bin/glasswork-trainer demo --out demo

# Drives the real window as "make test" does. Pictures go into docs/images.
e2e: build test-packages
	@mkdir -p docs/images
	GLASSWORK_IMAGES=$(CURDIR)/docs/images \
		go test -count=1 -timeout 40m -tags e2e -v ./cmd/glasswork

# Measures every package that has benchmarks, then compares with other programs.
bench: setup
	@scripts/packages.sh $(BENCH_PACKAGES)
	go test -run '^$$' -bench . -benchmem ./...
	go run ./bench/open
	go run ./bench/network
