# SPDX-License-Identifier: GPL-2.0
# The lab: bare-metal programs, each an ELF file for vm/bare. A program is the
# objects of LAB_BASE and its own, in LAB_<name>.

LAB_DIR		:= build/lab
LAB_BASE	:= $(addprefix base/,boot entry start console string idt apic)
LAB_HOST	:= $(addprefix host/,host bugs world world_switch)
LAB_CFLAGS	:= -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes \
		   -Wstrict-prototypes -Wshadow -Wundef -Wno-missing-field-initializers -Iinclude \
		   -ffreestanding -fno-stack-protector -fno-jump-tables -fno-pic \
		   -fno-asynchronous-unwind-tables -fcf-protection=none -mno-red-zone \
		   -mcmodel=kernel -mgeneral-regs-only -mindirect-branch=thunk-inline \
		   -mfunction-return=keep -fno-tree-loop-distribute-patterns

# The hypervisor: the module's objects but for linux/, listed once, in Kbuild.
include Kbuild
LAB_PRODUCT	:= $(filter-out linux/%,$(trapgate-y:.o=))
LAB_ROOT_CFLAGS	:= $(filter-out -mindirect-branch=%,$(LAB_CFLAGS)) $(root-cflags) \
		   -Wno-unused-parameter -Wno-sign-compare

LAB_HEADERS	:= $(wildcard lab/*/*.h core/*.h core/script/*.h arch/x86/*.h arch/x86/*/*.h \
		   include/trapgate/*.h)

LAB_probe	:= $(addprefix probe/,main guest svm svm_enter vtx vtx_enter vtx_probes exception \
		   inject interrupt step nest misc)

LAB_self	:= base/self

LAB_delivery	:= $(LAB_HOST) $(addprefix delivery/,main text fault nest debug int_n exit \
		   interrupt nmi post request broken root backend) \
		   $(addprefix product/,$(LAB_PRODUCT))

LAB_program	:= $(LAB_HOST) program/program program/halted $(addprefix product/,$(LAB_PRODUCT))

LAB_NAMES	:= probe self delivery program
LAB_PROGRAMS	:= $(patsubst %,$(LAB_DIR)/%.elf,$(LAB_NAMES))

.PHONY: lab probes test-lab
## lab: the bare-metal programs for vm/bare
lab: $(LAB_PROGRAMS) $(LAB_DIR)/sector

ifdef FILE
## lab FILE=x.S: run a program in the lab (examples/)
lab: run-file
.PHONY: run-file
run-file: $(LAB_PROGRAMS) $(LAB_DIR)/sector
	@lab/program/run $(addprefix --machine ,$(MACHINE)) $(FILE)
endif

## probes: prove the emulators' known bugs, compare with lab/probe/expected (MACHINE=qemu-amd)
# UPDATE=1 writes it
probes: lab
	@lab/probe/run $(if $(UPDATE),--update) $(addprefix --machine ,$(MACHINE))

## test-lab: the lab's tests: of itself, and the delivery table (MACHINE=qemu-amd; without: all)
# without the number of CPUs, which test-vm takes; FULL=1: on more models
LAB_MODELS	:= $(addprefix bochs-intel/,skylake_x arrow_lake $(if $(FULL), \
		   penryn lynnfield arrandale ivy_bridge haswell broadwell cannon_lake ice_lake \
		   tiger_lake sapphire_rapids)) $(if $(FULL),$(addprefix bochs-amd/,zambezi \
		   trinity turion64))
LAB_MACHINES	:= $(or $(foreach m,$(MACHINE),$(firstword $(subst :, ,$(m)))), \
		   qemu-amd bochs-amd/ryzen bochs-intel $(LAB_MODELS))
test-lab: lab build/trapgate $(patsubst %,$(LAB_DIR)/lab-%,$(subst /,+,$(LAB_MACHINES)))
	@vm/suite --results $(RESULTS) --host $(filter $(LAB_DIR)/lab-%,$^); \
		status=$$?; lab/tools/report >/dev/null || status=1; exit $$status

## report: build/lab/report.md: the rules of event delivery, their tests and verdicts
# UPDATE=1: doc/event-delivery.md, too
.PHONY: report
report:
	@lab/tools/report $(if $(UPDATE),--update)

## mutants: bugs put into the event code, each of which a test must notice (MUTANTS="no_eoi ...")
.PHONY: mutants
mutants:
	@lab/tools/mutants $(MUTANTS)

$(LAB_DIR)/lab-%: lab/build.mk
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec lab/tools/suite $(subst +,/,$*)\n' >$@ && chmod +x $@

$(LAB_DIR)/sector: vm/boot.S
	@mkdir -p $(@D)
	$(CC) -m32 -c $< -o $@.o
	ld -m elf_i386 -Ttext 0x7c00 -e start --oformat binary $@.o -o $@

$(LAB_DIR)/lab.lds: lab/base/lab.lds.S lab/base/memory.h
	@mkdir -p $(@D)
	$(CC) -E -P -x c $< -o $@

$(LAB_DIR)/%.o: lab/%.c $(LAB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(LAB_CFLAGS) -c $< -o $@

$(LAB_DIR)/%.o: lab/%.S lab/base/memory.h lab/base/gates.h lab/probe/guest_regs.h \
		arch/x86/asm_regs.h
	@mkdir -p $(@D)
	$(CC) -c $< -o $@

$(LAB_DIR)/product/%.o: %.c $(LAB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(LAB_ROOT_CFLAGS) -c $< -o $@

$(LAB_DIR)/product/%.o: %.S arch/x86/asm_offsets.h arch/x86/asm_regs.h
	@mkdir -p $(@D)
	$(CC) -c $< -o $@

$(LAB_DIR)/host/bugs.o: $(LAB_DIR)/bugs.h
$(LAB_DIR)/host/bugs.o: LAB_CFLAGS += -I$(LAB_DIR)

# Strings "MACHINE NAME" of what is known to be wrong.
$(LAB_DIR)/bugs.h: lab/probe/expected lab/delivery/emulators
	@mkdir -p $(@D)
	awk '$$3 == "bug" { printf "\"%s %s\",\n", $$1, $$2 }' $^ >$@

# The suite stands between the entry code and the C part of an exit (delivery/broken.c).
LAB_LD_delivery	:= --wrap=tg_vmx_exit --wrap=tg_svm_exit --wrap=tg_vmx_from_user \
		   --wrap=tg_svm_barrier

LAB_LD_program	:= --wrap=tg_vmx_exit --wrap=tg_vmx_late --wrap=tg_svm_exit

define lab_program
$(LAB_DIR)/$(1).elf: $$(patsubst %,$(LAB_DIR)/%.o,$(LAB_BASE) $(LAB_$(1))) $(LAB_DIR)/lab.lds
	ld -nostdlib -static --no-warn-rwx-segments -z max-page-size=0x1000 \
		$(LAB_LD_$(1)) -T $(LAB_DIR)/lab.lds -o $$@ $$(filter %.o,$$^)
endef
$(foreach p,$(LAB_NAMES),$(eval $(call lab_program,$(p))))
