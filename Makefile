# clean-registry: build, test, install. `make help` lists the targets.

# What a packager may set.
CC ?= cc
CFLAGS ?= -O2 -g
LDFLAGS ?=
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
SYSTEMDUNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=
PKG_CONFIG ?= pkg-config
INSTALL ?= install

VERSION := 0.1.0
BUILD := build

# The folders of src and include, lower ones first: a file may use its own folder and those before it.
FOLDERS := util json oci http scaleway registry engine storage empty lists config credentials cli policy inventory pulls \
	scan_api scan_scaleway scan_storage state native undo door plan forecast verify apply apply_scaleway gc measure plan_file report session history metrics html notify \
	init checks restore run command several watch
SOURCES := $(sort $(wildcard $(addsuffix /*.c,$(addprefix src/,$(FOLDERS)))))
MAIN := src/main.c

PACKAGES := libcurl json-c popt libcrypto libpcre2-8 yaml-0.1 libcrypt
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wvla -Wpointer-arith -Wundef -Wcast-qual
HARDENING := -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDENING_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
OUR_CPPFLAGS := -Iinclude -Isrc -Itests/unit -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
	-DSYSCONFDIR='"$(SYSCONFDIR)"'
OUR_CFLAGS := -std=gnu17 $(WARNINGS) $(HARDENING) $(PACKAGE_CFLAGS)
OUR_LDFLAGS := $(HARDENING_LD)

OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
MAIN_OBJECT := $(MAIN:%.c=$(BUILD)/%.o)
# Tests that are programs, and programs that tests need.
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c) \
	$(wildcard tests/property/test_*.c))
# The fuzz targets as ordinary tests: each runs what lies in its folder below tests/fuzz/corpus.
FUZZ_TESTS := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/tests/fuzz/test_%, \
	$(wildcard tests/fuzz/fuzz_*.c))
TEST_TOOLS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/tools/*.c))
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all

all: $(BUILD)/clean-registry $(BUILD)/config.schema.json

$(BUILD)/clean-registry: $(MAIN_OBJECT) $(OBJECTS)
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -pthread

# Made of the table of keys, by the program itself.
$(BUILD)/config.schema.json: $(BUILD)/clean-registry
	$< --schema >$@.new
	mv $@.new $@

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/fuzz/test_%.o: tests/fuzz/fuzz_%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(OUR_CPPFLAGS) -DFUZZ_MAIN -DFUZZ_CORPUS='"$(CURDIR)/tests/fuzz/corpus/$*"' $(CPPFLAGS) \
		$(OUR_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# A test is linked with the modules that it needs, which is sooner done than with all.
$(BUILD)/modules.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcsT $@ $^

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/modules.a
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -lcmocka -pthread

# Tools that are the program's own code: they speak to a registry, mark what a storage needs, read configurations.
$(BUILD)/tests/tools/list_names $(BUILD)/tests/tools/native_marks $(BUILD)/tests/tools/config_verdicts: $(BUILD)/tests/tools/%: \
		$(BUILD)/tests/tools/%.o $(BUILD)/modules.a
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -pthread

# The program itself, but for one number that an operator cannot set.
$(BUILD)/tests/tools/hasty_clean_registry: $(BUILD)/tests/tools/hasty_clean_registry.o $(MAIN_OBJECT) \
		$(filter-out $(BUILD)/src/run/native_settle.o,$(OBJECTS))
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -pthread

# The same with a clock for the command watch that a test sets.
$(BUILD)/tests/tools/shifted_clean_registry: $(BUILD)/tests/tools/shifted_clean_registry.o $(MAIN_OBJECT) \
		$(filter-out $(BUILD)/src/watch/clock.o,$(OBJECTS))
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -pthread

$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcrypto -pthread

tests: $(UNIT_TESTS) $(FUZZ_TESTS)

tools: $(TEST_TOOLS)

# For scripts/lint: all is compiled, nothing is linked.
objects: $(MAIN_OBJECT) $(OBJECTS) $(UNIT_TESTS:=.o) $(FUZZ_TESTS:=.o) $(TEST_TOOLS:=.o)

# Everything that a commit must pass; scripts/check installs what it needs. TESTS= names some of them.
check: all tests tools
	BUILD=$(BUILD) tests/run $(TESTS)

# The same under AddressSanitizer and UndefinedBehaviorSanitizer, without what only repeats.
check-asan:
	$(MAKE) BUILD=build-asan CFLAGS="-O1 -g -fno-omit-frame-pointer $(SANITIZE)" HARDENING= \
		HARDENING_LD= LDFLAGS="$(SANITIZE)" check

bench: all tools $(addprefix $(BUILD)/tests/bench/,bench_measure bench_links bench_plan bench_sweep timed)
	BUILD=$(BUILD) tests/bench/run.py

fuzz:
	tests/fuzz/run

# The Debian package; its tests: tests/package/run.
deb:
	scripts/build-deb $(BUILD)/deb

lint:
	scripts/lint

format:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean:
	rm -rf build build-asan build-fuzz

# For scripts/lint.
list-sources:
	@printf '%s\n' $(SOURCES) $(MAIN)
list-folders:
	@echo $(FOLDERS)
list-flags:
	@echo $(OUR_CPPFLAGS) -std=gnu17 $(PACKAGE_CFLAGS)

include scripts/install.mk

.PHONY: all tests tools objects check check-asan bench fuzz deb lint format clean list-sources list-folders list-flags
# Objects of tests are kept, too; all others are named above and are made again where they are missing.
.PRECIOUS: $(BUILD)/%.o
-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)
