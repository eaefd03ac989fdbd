# Glasswork: "make run" opens it, "make demo" shows the same loop without a display.

BUILD_PACKAGES = gcc g++ libc6-dev pkg-config libgl-dev libgl1-mesa-dri \
	libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev libopenjp2-7-dev libcharls-dev
TEST_PACKAGES = xvfb xauth xdotool imagemagick python3-nibabel python3-pil dcmtk dicom3tools python3-pydicom \
	libopenjp2-tools openjph-tools

# The peers that "make bench" compares with.
BENCH_PACKAGES = libgdcm-dev libgdcm-tools python3-gdcm libdcmtk-dev python3-pydicom python3-numpy python3-torch

# A libtorch named by LIBTORCH takes the place of the system's.
ifndef LIBTORCH
BUILD_PACKAGES += libtorch-dev libopenblas0-pthread
endif

# The window's tests draw on a display of their own.
DISPLAY_FOR_TESTS = xvfb-run -a -s "-screen 0 1600x1000x24"

# Packages that link libtorch, which the race detector cannot look into.
LINKED = go list -f '{{.ImportPath}} {{join .Deps " "}}' ./... | awk '/sugarme\/gotch/ { print $$1 }'
NOT_LINKED = go list -f '{{.ImportPath}} {{join .Deps " "}}' ./... | awk '!/sugarme\/gotch/ { print $$1 }'

.DEFAULT_GOAL := build
.PHONY: run build setup test check demo e2e bench test-packages

# Opens the window on the embedded sample; without a display, the headless demo.
run: build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec bin/glasswork --sample; \
	else \
		echo "There is no display here, so the same loop runs without a window."; \
		$(MAKE) --no-print-directory demo; \
	fi

# Installs what is missing, prepares gotch and builds the three programs into bin/; the one library that is not linked
# statically into glasswork-codec goes beside them.
build: setup
	go build -o bin/ ./cmd/glasswork ./cmd/glasswork-trainer ./cmd/glasswork-codec
	@mkdir -p bin/lib && cp -Lf "$$($$(go env CC) -print-file-name=libcharls.so.2)" bin/lib/

# Installs what is missing and prepares gotch for this machine's libtorch; a second time it does nothing.
setup:
	@command -v go >/dev/null || { echo "Glasswork is built with Go 1.26: install it from https://go.dev/dl."; exit 1; }
	@scripts/packages.sh $(BUILD_PACKAGES)
	@GOWORK=off go run ./cmd/gotch-setup

# Everything a change must pass: vet, staticcheck, gofumpt, all tests.
test: setup test-packages check
	$(DISPLAY_FOR_TESTS) go test -race -timeout 20m $$($(NOT_LINKED))
	go test -timeout 20m $$($(LINKED))

# Vet, staticcheck and gofumpt over all packages.
check: setup
	go vet ./...
	go tool staticcheck ./...
	@unformatted=$$(go tool gofumpt -l $$(git ls-files -co --exclude-standard '*.go')); \
		test -z "$$unformatted" || { echo "gofumpt would change: $$unformatted"; exit 1; }

test-packages:
	@scripts/packages.sh $(TEST_PACKAGES)

# The whole loop without a window on the embedded sample; leaves pictures in demo/.
demo: build
	bin/glasswork-trainer demo --out demo

# Drives the real window from opening a study to a retrained model; leaves pictures in docs/images.
e2e: build test-packages
	@mkdir -p docs/images
	GLASSWORK_IMAGES=$(CURDIR)/docs/images go test -count=1 -timeout 40m -tags e2e -v ./cmd/glasswork

# Speed and memory of every package that has benchmarks, then the same work done by others.
bench: setup
	@scripts/packages.sh $(BENCH_PACKAGES)
	go test -run '^$$' -bench . -benchmem ./...
	go run ./bench/open
	go run ./bench/network
