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
LAYER_util := $(addprefix src/util/,xalloc.c buf.c notes.c string_list.c secrets.c err.c arena.c strtab.c u64map.c \
	time.c units.c glob.c regex.c edits.c terminal.c stop.c parallel.c writer.c causes.c messages.c printable.c log.c progress.c sweep.c file.c \
	proc_child.c proc.c)
LAYER_oci := $(addprefix src/oci/,digest.c mediatype.c date.c referrer.c document.c \
	image_config.c descriptor.c manifest.c support.c)
LAYER_http := $(addprefix src/http/,proxy.c retry.c pace.c silence.c outage.c \
	targets.c trust.c fault.c request.c cached.c headers.c transfer.c answer.c multi.c \
	health.c engine.c)
LAYER_registry := $(addprefix src/registry/,pagination.c api.c api_fresh.c api_list.c api_hidden.c api_tags.c \
	questions.c api_catalog.c reference.c command.c facts.c folder.c yaml_reader.c server_yaml.c server_config.c)
LAYER_storage := $(addprefix src/storage/,folder.c layout.c blob.c links.c tree.c uploads.c \
	link_file.c apart.c strays.c obstacles.c empty_look.c empty_move.c empty.c walk_pool.c walk_queue.c walk.c)
LAYER_config := $(addprefix src/,sealed_text.c json_string.c json_text.c trusted_file.c list_file.c \
	retain_list.c repositories_file.c in_use.c config_names.c config_url.c config_rule.c \
	config_group.c config_value.c config_job.c config_keys.c config_environment.c \
	config_finish.c config.c cli_values.c registry_names.c cli_reference.c cli_help.c cli.c wanted.c holds.c policy.c)
LAYER_inventory := $(addprefix src/,inventory.c inventory_dates.c inventory_faults.c \
	inventory_body.c inventory_named.c inventory_order.c inventory_known.c inventory_scan.c inventory_look.c inventory_cache.c \
	inventory_cache_parse.c inventory_api.c inventory_revisions.c inventory_storage_reading.c inventory_storage_links.c \
	inventory_storage_bodies.c inventory_storage_blobs.c inventory_storage_aliases.c \
	inventory_alias.c inventory_untagged.c untagged_seen.c inventory_debts.c \
	inventory_storage.c inventory_unlinked.c inventory_pushes.c inventory_proof.c \
	inventory_served.c)
LAYER_plan := $(addprefix src/,plan_graph.c plan_order.c plan_dates.c plan_newest.c plan_numbers.c plan_rules.c \
	plan_reasons.c plan_in_use.c plan_held.c plan_holders.c plan_steps.c plan.c plan_text.c dominators.c \
	forecast_marks.c forecast_left.c forecast_reach.c forecast_tags.c forecast.c space.c space_tags.c \
	marks.c second_opinion.c hazards.c)
LAYER_act := $(addprefix src/,verify_walk.c verify.c verify_judge.c verify_deep.c \
	verify_vanished.c verify_storage.c verify_api.c collecting.c debts.c state_folder.c \
	journal.c state_reserve.c state.c holds_file.c history.c safety.c outcome.c apply_shared.c apply_retry.c apply_record.c apply_ask.c apply_again.c apply_dangling.c \
	apply_probe.c apply_doubt.c apply_confirm.c apply_untagged.c apply_view.c apply_look.c \
	apply_step.c apply_unclear.c apply_batch.c apply_put_back.c apply_glance.c \
	apply_worker.c apply.c gc_failure.c engine_failure.c gc_process.c gc_on_host.c gc_activity.c gc_read.c gc.c \
	free_space.c measure.c measure_by_du.c)
LAYER_report := $(addprefix src/,json_write.c plan_json.c report_criteria.c report_rules.c \
	report_undated.c report_text.c report.c table.c \
	plan_table.c plan_file.c plan_file_read.c plan_file_log.c space_notes.c space_text.c \
	space_text_tags.c space_json.c why_date.c why.c)
LAYER_command := $(addprefix src/command/,target.c ask_in_use.c rules.c memory.c proof.c \
	session.c findings.c verification.c quiet.c opinion.c collector_proof.c context.c measured.c \
	rehearsal_memory.c rehearsal.c empties.c settle.c hazards.c leftovers.c stale_cache.c \
	limits.c delete.c collect.c confirm.c foresee.c finish.c \
	collect_command.c run.c preview.c plan.c why.c usage.c verify.c held.c held_list.c hold.c)
LAYERS := util oci http registry storage config inventory plan act report command
SOURCES := $(foreach layer,$(LAYERS),$(LAYER_$(layer)))
MAIN := src/main.c

PACKAGES := libcurl json-c popt libcrypto libpcre2-8
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wvla -Wpointer-arith -Wundef -Wcast-qual
HARDENING := -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDENING_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
OUR_CPPFLAGS := -Iinclude -Itests/unit -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
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

all: $(BUILD)/clean-registry

$(BUILD)/clean-registry: $(MAIN_OBJECT) $(OBJECTS)
	$(CC) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) -pthread

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

# One tool speaks to a registry with the program's own code.
$(BUILD)/tests/tools/list_names: $(BUILD)/tests/tools/list_names.o $(BUILD)/modules.a
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
		HARDENING_LD= LDFLAGS="$(SANITIZE)" SHORT=yes check

bench: all tools $(addprefix $(BUILD)/tests/bench/,bench_measure bench_read bench_plan timed)
	BUILD=$(BUILD) tests/bench/run

fuzz:
	tests/fuzz/run

lint:
	scripts/lint

format:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean:
	rm -rf build build-asan build-fuzz

# For scripts/lint.
list-sources:
	@printf '%s\n' $(SOURCES) $(MAIN)
list-layers:
	@printf '%s\n' $(foreach layer,$(LAYERS),$(addprefix $(layer):,$(LAYER_$(layer)))) main:$(MAIN)
list-flags:
	@echo $(OUR_CPPFLAGS) -std=gnu17 $(PACKAGE_CFLAGS)

include scripts/install.mk

.PHONY: all tests tools objects check check-asan bench fuzz lint format clean list-sources list-layers list-flags
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
