# SPDX-License-Identifier: GPL-2.0
# The lab: bare-metal programs, each an ELF file for vm/lab. A program is the
# objects of LAB_BASE and its own, in LAB_<name>.

LAB_DIR		:= build/lab
LAB_BASE	:= boot entry start console string idt apic
LAB_CFLAGS	:= -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wmissing-prototypes \
		   -Wstrict-prototypes -Wshadow -Wundef -Wno-missing-field-initializers -Iinclude \
		   -ffreestanding -fno-stack-protector -fno-jump-tables -fno-pic \
		   -fno-asynchronous-unwind-tables -fcf-protection=none -mno-red-zone \
		   -mcmodel=kernel -mgeneral-regs-only -mindirect-branch=thunk-inline \
		   -mfunction-return=keep -fno-tree-loop-distribute-patterns

LAB_probe	:= $(addprefix probe/,main guest svm svm_enter vtx vtx_enter vtx_probes exception inject interrupt step nest misc)

LAB_self	:= self

LAB_NAMES	:= probe self
LAB_PROGRAMS	:= $(patsubst %,$(LAB_DIR)/%.elf,$(LAB_NAMES))

.PHONY: lab probes test-lab
## lab: the bare-metal programs for vm/lab
lab: $(LAB_PROGRAMS) $(LAB_DIR)/sector

## probes: prove the emulators' known bugs, compare with lab/probe/expected (MACHINE=qemu-amd; UPDATE=1 writes it)
probes: lab
	@lab/probe/run $(if $(UPDATE),--update) $(addprefix --machine ,$(MACHINE))

## test-lab: the lab's test of itself, on all machines or on MACHINE
test-lab: lab
	@lab/test $(or $(MACHINE),qemu-amd bochs-amd bochs-intel)

$(LAB_DIR)/sector: vm/boot.S
	@mkdir -p $(@D)
	$(CC) -m32 -c $< -o $@.o
	ld -m elf_i386 -Ttext 0x7c00 -e start --oformat binary $@.o -o $@

$(LAB_DIR)/lab.lds: lab/lab.lds.S lab/memory.h
	@mkdir -p $(@D)
	$(CC) -E -P -x c $< -o $@

$(LAB_DIR)/%.o: lab/%.c $(wildcard lab/*.h lab/probe/*.h) core/types.h
	@mkdir -p $(@D)
	$(CC) $(LAB_CFLAGS) -c $< -o $@

$(LAB_DIR)/%.o: lab/%.S lab/memory.h
	@mkdir -p $(@D)
	$(CC) -c $< -o $@

define lab_program
$(LAB_DIR)/$(1).elf: $$(patsubst %,$(LAB_DIR)/%.o,$(LAB_BASE) $(LAB_$(1))) $(LAB_DIR)/lab.lds
	ld -nostdlib -static --no-warn-rwx-segments -z max-page-size=0x1000 \
		-T $(LAB_DIR)/lab.lds -o $$@ $$(filter %.o,$$^)
endef
$(foreach p,$(LAB_NAMES),$(eval $(call lab_program,$(p))))
