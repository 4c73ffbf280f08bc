# Read by GNU make and BSD make alike.  The rules for objects and programs are
# written by ./configure into $(BUILD)/Makefile.

BUILD=build
PREFIX=/usr/local
DESTDIR=
CC=cc

all: build

deps:
	@sh regress/deps.sh

deps-build:
	@sh regress/deps.sh build

configure-once:
	@sh regress/configure-once.sh $(BUILD) CC=$(CC) PREFIX=$(PREFIX)

build: deps-build configure-once
	@$(MAKE) -f $(BUILD)/Makefile all

run: build
	@sh etc/demo.sh $(BUILD)

test: deps
	@sh regress/run.sh $(BUILD)

asan: deps
	@SANITIZE=1 sh regress/configure-once.sh build/asan CC=clang
	@$(MAKE) -f build/asan/Makefile all tests

coverage: deps
	@sh regress/coverage/run.sh $(BUILD)

valgrind: deps
	@sh regress/run.sh $(BUILD) valgrind

lint: deps
	@sh regress/style/lint.sh $(BUILD)

install:
	@sh regress/install.sh $(BUILD) "$(DESTDIR)" "$(PREFIX)"

deb: deps build
	@sh etc/debian/build.sh $(BUILD)

screenshots: deps build
	@sh regress/browser/keep.sh $(BUILD)

# FUZZ_SECONDS for each target, FUZZ_JOBS at once, FUZZ_TARGETS: all
fuzz: build
	@FUZZ_JOBS=$${FUZZ_JOBS:-1} sh regress/fuzz/run.sh $(BUILD) \
	    $${FUZZ_SECONDS:-600} $(FUZZ_TARGETS)

# The tests of regress/chaos, each that breaks something for minutes.
chaos: build
	@DEXD_BUILD=$(BUILD) CHAOS_SECONDS=$${CHAOS_SECONDS:-240} \
	    /usr/bin/python3 -m pytest -q -rP -p no:cacheprovider regress/chaos

# What rooms call inside their sandbox: regress/sandbox/calls.txt
trace-sandbox: build
	@sh regress/sandbox/trace.sh $(BUILD)

bench: deps build
	@/usr/bin/python3 bench/run.py $(BUILD)

clean:
	rm -rf build

.PHONY: all deps deps-build configure-once build run test asan coverage \
    valgrind lint install deb screenshots fuzz chaos trace-sandbox \
    bench clean
