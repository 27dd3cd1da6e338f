# SPDX-License-Identifier: GPL-2.0
# The programs that run in the guest: static, at fixed addresses, no library
# but libc. Included by the top Makefile; `guest` builds them all.

GUEST_DIR	:= build/guest
GUEST_SRC	:= tests/vm/guest
GUEST_CFLAGS	:= $(CFLAGS_HOST) -std=gnu11 -O1 -Wall -Wextra -Werror \
		   -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wundef \
		   -fno-pie -fno-strict-aliasing -U_FORTIFY_SOURCE -D_GNU_SOURCE \
		   -Iinclude
GUEST_LDFLAGS	:= -static -no-pie

GUEST_raise	:= raise.c raise_cases.c raise_check.c raise_asm.S
GUEST_tgraw	:= tgraw.c tgraw_dev.c tgraw_match.c tgraw_cycle.c tgraw_abi.c tgraw_abi2.c

GUEST_fuzz	:= fuzz.c fuzz_gen.c fuzz_asm.S

GUEST_workload	:= workload.c

GUEST_poke	:= poke.c poke_native.c

GUEST_victim	:= victim.c

GUEST_scripted	:= scripted.c

GUEST_NAMES	:= raise tgraw fuzz workload poke victim scripted
GUEST_PROGRAMS	:= $(addprefix $(GUEST_DIR)/,$(GUEST_NAMES))

.PHONY: guest
guest: $(GUEST_PROGRAMS)

define guest_rule
$(GUEST_DIR)/$(1): $$(addprefix $(GUEST_SRC)/,$$(GUEST_$(1))) \
		$$(wildcard $(GUEST_SRC)/*.h) include/trapgate/abi.h include/trapgate/bytecode.h
	@mkdir -p $$(@D)
	$$(CC) $$(GUEST_CFLAGS) $$(GUEST_LDFLAGS) -o $$@ \
		$$(addprefix $(GUEST_SRC)/,$$(GUEST_$(1))) $$(GUEST_LIBS_$(1))
endef
$(foreach n,$(GUEST_NAMES),$(eval $(call guest_rule,$(n))))

# make check, counted as a test: it needs the module, whose objects it looks at.
UNIT_TESTS	+= build/unit/check

build/unit/check: tests/build.mk module
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec tests/check/run\n' >$@ && chmod +x $@

# The tools around the module's build.
UNIT_TESTS	+= build/unit/tools

build/unit/tools: tests/build.mk
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec tests/check/tools\n' >$@ && chmod +x $@

## selftests: the kernel's own, from linux-source, for make test-full
.PHONY: selftests
selftests: deps
	@tests/vm/selftests-build

test-full: selftests

## debug-kernel: kernels with lockdep, KASAN and the like, for vm/run (KIND=memory or races)
.PHONY: debug-kernel
debug-kernel:
	@tests/debug-kernel/build $(KIND)

## test-systems: make demo and make test on the other Debian, 12 or 13, in a chroot (root)
# COMMANDS='"make test-unit"': others
.PHONY: test-systems
test-systems:
	@tests/systems $(COMMANDS)
