# SPDX-License-Identifier: GPL-2.0
# Everything goes to build/. `make help` lists the targets.

.DEFAULT_GOAL	:= all
SHELL		:= /bin/bash
CC		:= gcc
VERSION		:= $(shell cat VERSION)
CFLAGS_HOST	:= -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes \
		   -Wstrict-prototypes -Wshadow -Wundef -Iinclude \
		   -DTRAPGATE_VERSION='"$(VERSION)"'
PREFIX		?= /usr

# The kernel to build for: the newest of a series that has headers installed; or KDIR, the
# folder that a kernel was built in.
KERNEL_SERIES	?= $(shell vm/series)
newest		= $(notdir $(patsubst %/build,%,$(lastword \
		  $(shell ls -dv /lib/modules/$(1)*cloud-amd64/build 2>/dev/null))))
KDIR		?=
KVER		?= $(strip $(if $(KDIR),$(shell cat $(KDIR)/include/config/kernel.release), \
		  $(call newest,$(KERNEL_SERIES))))
MODULE_DIR	:= build/module$(if $(TG_COUNT),-count)/$(KVER)
MACHINE		?=
RESULTS		:= build/results
NOTE		 = echo broken >>$(RESULTS)
JOBS		:= $(shell nproc)

# Each appends to: UNIT_TESTS, programs to run on the host; GUEST_PROGRAMS, what
# the suites take into the guest. lib/ makes build/trapgate and libtrapgate.a.
-include lib/build.mk cli/build.mk tests/build.mk tests/unit/build.mk \
	bench/build.mk lab/build.mk

# Another make, which sees what deps has installed.
BUILD_ALL	= $(MAKE) --no-print-directory -s -k -j$(JOBS) all guest-programs unit-programs

.PHONY: all guest-programs unit-programs module deps test test-unit test-vm test-full demo \
	bench check install install-dkms clean help

# The static one is for the guest.
all: build/trapgate build/static/trapgate build/libtrapgate.a module

guest-programs: $(GUEST_PROGRAMS)
unit-programs: $(UNIT_TESTS)

## module: trapgate.ko for KVER or KDIR (TG_COUNT=1: the variant that counts VMREADs)
# Built in a copy of the sources, so that several kernels do not get mixed up.
module:
	@[ -n "$(KVER)" ] && [ -d "$(or $(KDIR),/lib/modules/$(KVER)/build)" ] || \
		{ echo "no headers for kernel '$(KVER)': run 'make deps'" >&2; exit 1; }
	+@mkdir -p $(MODULE_DIR)
	+@flock $(MODULE_DIR)/.lock vm/build-module $(or $(KDIR),$(KVER)) $(MODULE_DIR) \
		$(if $(TG_COUNT),TG_COUNT=1)
	@$(if $(TG_COUNT),:,[ $(KVER) != "$(call newest,$(KERNEL_SERIES))" ] || \
		cp -u $(MODULE_DIR)/trapgate.ko build/trapgate.ko)

## deps: install what is missing from Debian, build Bochs (nothing, and fast, when all is there)
# FULL=1: also what test-full needs. BOCHS_SOURCE=FILE: another Bochs 3 (vm/bochs/build).
deps:
	@packaging/deps $(if $(FULL),--full)
	@vm/bochs/build

## test: everything, from a fresh clone on
# What fails to build or run is noted in RESULTS, and the rest goes on.
test: deps
	@rm -f $(RESULTS)
	@$(BUILD_ALL) || $(NOTE)
	@$(MAKE) --no-print-directory test-unit || $(NOTE)
	@$(MAKE) --no-print-directory -s test-lab || $(NOTE)
	@$(MAKE) --no-print-directory test-vm || $(NOTE)
	@vm/suite --total $(RESULTS)

## test-unit: what needs no machine
test-unit: $(UNIT_TESTS)
	@vm/suite --results $(RESULTS) --host $(UNIT_TESTS)

## test-vm: the suites in the embedded machine (MACHINE=bochs-intel:2 SUITES=... for some)
test-vm: all $(GUEST_PROGRAMS)
	@vm/suite --results $(RESULTS) $(addprefix --machine ,$(MACHINE)) $(SUITES)

## test-full: and more models, other kernels, the counting variant, soaks, the option matrix
test-full selftests: FULL = 1
test-full: deps
	@rm -f $(RESULTS)
	@$(BUILD_ALL) || $(NOTE)
	@$(MAKE) --no-print-directory module TG_COUNT=1 || $(NOTE)
	@for kernel in $$(vm/series --others); do \
		$(MAKE) --no-print-directory module KVER=$$kernel || $(NOTE); \
	done
	@$(MAKE) --no-print-directory test-unit || $(NOTE)
	@$(MAKE) --no-print-directory -s test-lab FULL=1 || $(NOTE)
	@$(MAKE) --no-print-directory test-vm || $(NOTE)
	@vm/suite --results $(RESULTS) --models || $(NOTE)
	@vm/suite --results $(RESULTS) --full || $(NOTE)
	@for kernel in $$(vm/series --others); do \
		vm/suite --results $(RESULTS) --short --kernel $$kernel || $(NOTE); \
	done
	@vm/suite --results $(RESULTS) --short --cmdline pti=off || $(NOTE)
	@vm/suite --total $(RESULTS)

## demo: boot the embedded machine and give the tour, then the prompt
demo: deps
	@$(MAKE) --no-print-directory -s -j$(JOBS) all build/demo
	@vm/demo $(addprefix --machine ,$(MACHINE))

build/demo: vm/guest/demo.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_HOST) -static -o $@ $<

## bench: the cost of an event, in guest-visible instructions; of scripts, in ns
bench: all bench-script
	@bench/run

## check: root mode's objects, references and sentences, style, static analysis
check:
	@for h in $$(find include core arch lib cli -name '*.h'); do \
		grep -q 'linux/module.h\|linux/kernel.h' $$h && continue; \
		$(CC) $(CFLAGS_HOST) -Icore -Iarch/x86 -Ilib -x c -fsyntax-only $$h || exit 1; \
	done
	@[ ! -x tests/check/run ] || tests/check/run

## install: the command, the module for KVER, the lab's program runner, the man page
install: all lab
	install -D -m 755 build/trapgate $(DESTDIR)$(PREFIX)/bin/trapgate
	install -D -m 644 build/libtrapgate.a $(DESTDIR)$(PREFIX)/lib/libtrapgate.a
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/trapgate include/trapgate/*.h
	install -D -m 644 build/module/$(KVER)/trapgate.ko \
		$(DESTDIR)/lib/modules/$(KVER)/updates/trapgate.ko
	@# before 0.1.0 that folder was a file
	[ ! -f $(DESTDIR)$(PREFIX)/lib/trapgate/lab/program ] || \
		rm $(DESTDIR)$(PREFIX)/lib/trapgate/lab/program
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/trapgate/lab/program lab/program/run
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/trapgate/vm vm/bare vm/run
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/trapgate/vm vm/image.py vm/machines.py
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/trapgate/vm/bochs vm/bochs/*.msrs
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/trapgate/build/bochs build/bochs/bochs
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/trapgate/build/bochs build/bochs/version
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/trapgate/build/lab build/lab/program.elf \
		build/lab/sector
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/trapgate/examples examples/*
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	sed 's/@VERSION@/$(VERSION)/' packaging/trapgate.1 \
		>$(DESTDIR)$(PREFIX)/share/man/man1/trapgate.1
	$(if $(DESTDIR),,depmod $(KVER))

## install-dkms: the module's sources to /usr/src; dkms builds them for each kernel
DKMS_DIR	= $(DESTDIR)/usr/src/trapgate-$(VERSION)
install-dkms:
	rm -rf $(DKMS_DIR)
	install -d $(DKMS_DIR)/vm $(DKMS_DIR)/tests/check
	cp -r Makefile Kbuild VERSION COPYING arch core include linux $(DKMS_DIR)/
	cp vm/build-module vm/check-root vm/series $(DKMS_DIR)/vm/
	cp tests/check/allowed $(DKMS_DIR)/tests/check/
	sed 's/@VERSION@/$(VERSION)/' packaging/dkms.conf >$(DKMS_DIR)/dkms.conf

## clean: remove build/
clean:
	rm -rf build

## help: this list
help:
	@sed -n 's/^## /  make /p' $(filter-out Kbuild,$(MAKEFILE_LIST))
