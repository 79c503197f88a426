# Installing and removing. Included by the Makefile, which has the variables.

CONFIG_FILE := $(SYSCONFDIR)/clean-registry/config.json
CRON_FILE := $(SYSCONFDIR)/cron.d/clean-registry
SHARE_FOLDER := $(PREFIX)/share/clean-registry
UNITS := $(notdir $(wildcard etc/systemd/clean-registry*))
# Where systemctl enable puts links to them.
WANTS_FOLDER := $(SYSCONFDIR)/systemd/system

define HELP
make            builds $(BUILD)/clean-registry
make check      builds it and runs all tests
make check-asan the same with the address and undefined behaviour sanitizers
make bench      measures its speed
make fuzz       feeds the parsers with broken input
make deb        builds the Debian package in $(BUILD)/deb
make lint       static checks of code, scripts and documents
make install    installs it: PREFIX=$(PREFIX) SYSCONFDIR=$(SYSCONFDIR) DESTDIR=$(DESTDIR)
make uninstall  removes it; configuration, state and log stay
make clean      removes what was built
endef
export HELP

help:
	@printf '%s\n' "$$HELP"

install: $(BUILD)/clean-registry $(BUILD)/config.schema.json
	$(INSTALL) -d "$(DESTDIR)$(SBINDIR)" "$(DESTDIR)$(SYSCONFDIR)/clean-registry" \
		"$(DESTDIR)$(SYSCONFDIR)/cron.d" "$(DESTDIR)$(SYSCONFDIR)/logrotate.d" \
		"$(DESTDIR)$(MANDIR)/man8" "$(DESTDIR)$(MANDIR)/man5" \
		"$(DESTDIR)$(COMPLETIONDIR)" "$(DESTDIR)$(SHARE_FOLDER)/prometheus" \
		"$(DESTDIR)$(SHARE_FOLDER)/grafana" "$(DESTDIR)$(SYSTEMDUNITDIR)"
	$(INSTALL) -m 0755 $(BUILD)/clean-registry "$(DESTDIR)$(SBINDIR)/clean-registry"
	@# The operator's configuration is never overwritten, not even a link that leads nowhere.
	if [ -e "$(DESTDIR)$(CONFIG_FILE)" ] || [ -L "$(DESTDIR)$(CONFIG_FILE)" ]; then :; else \
		sed -e 's|/usr/local/share/clean-registry|$(SHARE_FOLDER)|' etc/config.json >$(BUILD)/config.json && \
		$(INSTALL) -m 0640 $(BUILD)/config.json "$(DESTDIR)$(CONFIG_FILE)" && \
		echo 'Now edit $(CONFIG_FILE), and try clean-registry --dry-run.'; \
	fi
	@# Nor is what arms it: nothing runs before its line is there without a #, and then it stays so.
	if [ -e "$(DESTDIR)$(CRON_FILE)" ] || [ -L "$(DESTDIR)$(CRON_FILE)" ]; then :; else \
		sed -e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
			etc/cron.d/clean-registry >$(BUILD)/cron && \
		$(INSTALL) -m 0644 $(BUILD)/cron "$(DESTDIR)$(CRON_FILE)" && \
		echo 'For every night, remove the # before the last line of $(CRON_FILE),' && \
		echo 'or, with systemd: systemctl enable --now clean-registry.timer'; \
	fi
	$(INSTALL) -m 0644 logrotate/clean-registry \
		"$(DESTDIR)$(SYSCONFDIR)/logrotate.d/clean-registry"
	$(INSTALL) -m 0644 etc/man/clean-registry.8 "$(DESTDIR)$(MANDIR)/man8/"
	$(INSTALL) -m 0644 etc/man/clean-registry.json.5 "$(DESTDIR)$(MANDIR)/man5/"
	$(INSTALL) -m 0644 etc/completion/clean-registry \
		"$(DESTDIR)$(COMPLETIONDIR)/clean-registry"
	$(INSTALL) -m 0644 $(BUILD)/config.schema.json "$(DESTDIR)$(SHARE_FOLDER)/config.schema.json"
	sed -e 's|/usr/local/share/clean-registry|$(SHARE_FOLDER)|' etc/scaleway.json >$(BUILD)/scaleway.json
	$(INSTALL) -m 0644 $(BUILD)/scaleway.json "$(DESTDIR)$(SHARE_FOLDER)/scaleway.json"
	sed -e 's|:-clean-registry}|:-$(SBINDIR)/clean-registry}|' scripts/post-deploy \
		>$(BUILD)/post-deploy
	$(INSTALL) -m 0755 $(BUILD)/post-deploy "$(DESTDIR)$(SHARE_FOLDER)/post-deploy"
	sed -e 's|:-clean-registry}|:-$(SBINDIR)/clean-registry}|' \
		-e 's|^configuration=.*|configuration=$(SHARE_FOLDER)/scaleway-registry-purge.json|' \
		scripts/scaleway-registry-purge >$(BUILD)/scaleway-registry-purge
	$(INSTALL) -m 0755 $(BUILD)/scaleway-registry-purge "$(DESTDIR)$(SHARE_FOLDER)/scaleway-registry-purge"
	$(INSTALL) -m 0644 etc/scaleway-registry-purge.json "$(DESTDIR)$(SHARE_FOLDER)/scaleway-registry-purge.json"
	sed -e 's|SHARE/clean-registry|$(SHARE_FOLDER)|' etc/systemd/podman.conf >$(BUILD)/podman.conf
	$(INSTALL) -m 0644 $(BUILD)/podman.conf "$(DESTDIR)$(SHARE_FOLDER)/podman.conf"
	@# systemd starts none of them before they are enabled.
	for unit in $(UNITS); do \
		sed -e '/^@SANDBOX@$$/{' -e 'r etc/systemd/sandbox' -e 'd' -e '}' \
			-e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
			"etc/systemd/$$unit" >"$(BUILD)/$$unit" && \
		$(INSTALL) -m 0644 "$(BUILD)/$$unit" "$(DESTDIR)$(SYSTEMDUNITDIR)/$$unit" || exit 1; \
	done
	$(INSTALL) -m 0644 etc/prometheus/clean-registry.rules.yml etc/prometheus/clean-registry.test.yml \
		"$(DESTDIR)$(SHARE_FOLDER)/prometheus/"
	$(INSTALL) -m 0644 etc/grafana/clean-registry.json "$(DESTDIR)$(SHARE_FOLDER)/grafana/"

# The configuration, the state and the log are the operator's.
uninstall:
	rm -f "$(DESTDIR)$(SBINDIR)/clean-registry" \
		"$(DESTDIR)$(CRON_FILE)" \
		"$(DESTDIR)$(SYSCONFDIR)/logrotate.d/clean-registry" \
		"$(DESTDIR)$(MANDIR)/man8/clean-registry.8" \
		"$(DESTDIR)$(MANDIR)/man5/clean-registry.json.5" \
		"$(DESTDIR)$(COMPLETIONDIR)/clean-registry" \
		"$(DESTDIR)$(SHARE_FOLDER)/config.schema.json" \
		"$(DESTDIR)$(SHARE_FOLDER)/post-deploy" \
		"$(DESTDIR)$(SHARE_FOLDER)/scaleway-registry-purge" \
		"$(DESTDIR)$(SHARE_FOLDER)/scaleway-registry-purge.json" \
		"$(DESTDIR)$(SHARE_FOLDER)/podman.conf" \
		"$(DESTDIR)$(SHARE_FOLDER)/scaleway.json" \
		$(patsubst %,"$(DESTDIR)$(SYSTEMDUNITDIR)/%",$(UNITS)) \
		$(patsubst %,"$(DESTDIR)$(WANTS_FOLDER)/timers.target.wants/%",$(filter %.timer,$(UNITS))) \
		$(patsubst %,"$(DESTDIR)$(WANTS_FOLDER)/multi-user.target.wants/%",$(filter %.service,$(UNITS))) \
		"$(DESTDIR)$(SHARE_FOLDER)/prometheus/clean-registry.rules.yml" \
		"$(DESTDIR)$(SHARE_FOLDER)/prometheus/clean-registry.test.yml" \
		"$(DESTDIR)$(SHARE_FOLDER)/grafana/clean-registry.json"
	for folder in "$(DESTDIR)$(SHARE_FOLDER)/prometheus" "$(DESTDIR)$(SHARE_FOLDER)/grafana" \
		"$(DESTDIR)$(SHARE_FOLDER)"; do \
		if [ -d "$$folder" ]; then rmdir --ignore-fail-on-non-empty "$$folder"; fi; done

.PHONY: help install uninstall
