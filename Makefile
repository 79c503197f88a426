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
DESTDIR ?=
PKG_CONFIG ?= pkg-config
INSTALL ?= install

VERSION := 0.1.0
BUILD := build

# All modules, lower layers first: a file may include headers of its own layer and those before it.
LAYER_util := $(addprefix src/util/,err.c xalloc.c buf.c arena.c strtab.c u64map.c time.c units.c \
	stop.c log.c file.c proc.c)
LAYER_oci := $(addprefix src/oci/,digest.c mediatype.c date.c referrer.c document.c image_config.c \
	manifest.c)
LAYER_http := $(addprefix src/http/,retry.c request.c transfer.c multi.c engine.c)
LAYER_registry := $(addprefix src/registry/,pagination.c api.c api_list.c command.c facts.c \
	server_config.c)
LAYER_storage := $(addprefix src/storage/,layout.c walk.c)
LAYER_core := $(addprefix src/,json_string.c json_text.c config_names.c config_url.c config_value.c \
	config_finish.c config.c cli.c policy.c inventory.c inventory_dates.c inventory_api.c \
	inventory_revisions.c plan_graph.c plan_order.c plan.c plan_text.c debts.c state.c \
	apply_probe.c apply_look.c apply_worker.c apply.c gc_failure.c gc.c measure.c \
	report_text.c report.c)
LAYER_command := $(addprefix src/command/,act.c run.c)
SOURCES := $(LAYER_util) $(LAYER_oci) $(LAYER_http) $(LAYER_registry) $(LAYER_storage) $(LAYER_core) \
	$(LAYER_command)
MAIN := src/main.c

PACKAGES := libcurl json-c popt libcrypto
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wvla -Wpointer-arith -Wundef -Wcast-qual
HARDENING := -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDENING_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
OUR_CPPFLAGS := -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
	-DSYSCONFDIR='"$(SYSCONFDIR)"'
OUR_CFLAGS := -std=gnu17 $(WARNINGS) $(HARDENING) $(PACKAGE_CFLAGS)
OUR_LDFLAGS := $(HARDENING_LD)

OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
MAIN_OBJECT := $(MAIN:%.c=$(BUILD)/%.o)
UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c) \
	$(wildcard tests/property/test_*.c))

all: $(BUILD)/clean-registry

$(BUILD)/clean-registry: $(MAIN_OBJECT) $(OBJECTS)
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -pthread

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(OBJECTS)
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -lcmocka -pthread

tests: $(UNIT_TESTS)

clean:
	rm -rf build build-asan

.PHONY: all tests clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
