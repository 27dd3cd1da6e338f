# SPDX-License-Identifier: GPL-2.0
# Unit tests on the host, with sanitizers: a program for each tests/unit/LAYER_*.c.
#
#   core_*, arch_*		what runs in root mode, over machine_fake.c and its like
#   linux_*		sources of linux/ that ask the kernel for little, which the test plays
#   lib_*, cli_*		the library and the command (all but main()), over cli_fake.c
#   script_*		the script language, compiler and both engines, over script_host.c
#
# What runs in root mode is built without the kernel's world (build/unit/root), the rest
# as the command is (build/unit/user).

SANITIZERS	:= -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
		   -fno-omit-frame-pointer
UNIT_HEADERS	:= $(wildcard core/*.h core/script/*.h arch/x86/*.h arch/x86/*/*.h \
		   include/trapgate/*.h linux/fit.h lib/*.h lib/script/*.h cli/*.h tests/unit/*.h)
# arch_fixup_fake.h stands in for arch/x86/fixup.h, whose instructions need root mode.
FIXUP_FAKE	:= -include tests/unit/arch_fixup_fake.h
# The same for arch/x86/vmx/insn.h.
VMX_INSN_FAKE	:= -include tests/unit/arch_vmx_insn_fake.h
ROOT_TEST_FLAGS	 = $(filter-out -O2,$(CFLAGS_HOST)) -DTG_HOST_TEST -Icore -Iarch/x86 -Itests/unit \
		   -Ilib $(FIXUP_FAKE) $(INSN_FAKE) $(SANITIZERS)
USER_TEST_FLAGS	 = $(filter-out -O2,$(CLI_CFLAGS)) -Itests/unit $(SANITIZERS)

build/unit/root/%.o: %.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(ROOT_TEST_FLAGS) -c -o $@ $<

build/unit/user/%.o: %.c $(UNIT_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(USER_TEST_FLAGS) -c -o $@ $<

# $(call root_objects,FOLDER,NAMES)
root_objects	 = $(patsubst %,build/unit/root/$(1)/%.o,$(2))
USER_LIB	:= $(LIB_SOURCES:%.c=build/unit/user/%.o) \
		   $(SCRIPT_SOURCES:%.c=build/unit/user/%.o) \
		   $(CHECK_SOURCES:%.c=build/unit/user/%.o)
USER_SCRIPT	:= $(filter build/unit/user/lib/script/% build/unit/user/core/script/%,$(USER_LIB))
COMPILER	:= $(filter-out %/host.o,$(filter build/unit/user/lib/script/%,$(USER_LIB))) \
		   build/unit/user/lib/number.o

# ---- root mode

ROOT_TESTS	:= $(patsubst tests/unit/%.c,build/unit/%,$(filter-out %/core_world.c %_fake.c, \
		   $(wildcard tests/unit/core_*.c tests/unit/arch_*.c tests/unit/linux_*.c)))
UNIT_TESTS	+= $(ROOT_TESTS)

ROOT_OBJECTS	:= $(patsubst %.c,build/unit/root/%.o,$(wildcard core/*.c) arch/x86/vmx/caps.c) \
		   $(call root_objects,tests/unit,machine_fake core_world) \
		   $(call root_objects,core/script,decimal float format helper insn_len interp mem \
			print sync verify verify_func)

$(ROOT_TESTS): build/unit/%: build/unit/root/tests/unit/%.o $(ROOT_OBJECTS)
	$(CC) $(ROOT_TEST_FLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# What they have of their own: the compiler, and files of arch/x86 with the processor
# played by the test.
SVM_FAKE	:= $(call root_objects,tests/unit,svm_fake)
build/unit/root/tests/unit/fault_play.o: FIXUP_FAKE :=	# its libc has register names, too
build/unit/root/arch/x86/vmx/%.o build/unit/root/tests/unit/arch_vm%.o \
	build/unit/root/tests/unit/vm%_fake.o: INSN_FAKE = $(VMX_INSN_FAKE)
VMX_FAKE	:= $(call root_objects,tests/unit,vmx_fake)
VMX_BACKEND	:= $(call root_objects,arch/x86/vmx,arm dump event exit instruction int_n post)
VMX_NONE	:= $(call root_objects,tests/unit,vmx_none)
GUEST_ACCESS	:= $(call root_objects,arch/x86,guest_mem guest_regs walk svm/regs) $(VMX_NONE)

build/unit/core_action: $(COMPILER)
build/unit/core_action: LDLIBS := -lelf -Wl,--wrap=tg_ring_publish
build/unit/arch_walk: $(call root_objects,arch/x86,walk)
build/unit/arch_vmx_explain: $(VMX_FAKE) $(VMX_BACKEND) $(call root_objects,arch/x86/vmx,explain)
build/unit/arch_guest: $(GUEST_ACCESS)
build/unit/arch_root_fault: $(GUEST_ACCESS) $(COMPILER) $(call root_objects,arch/x86,root_fault) \
	$(call root_objects,tests/unit,fault_play) \
	$(call root_objects,core/script,jit jit_asm jit_call jit_insn)
build/unit/arch_root_fault: LDLIBS := -lelf -Wl,--wrap=tg_guest_read
SVM_TESTS	:= $(filter-out %_setup %_leave,$(filter build/unit/arch_svm%,$(ROOT_TESTS)))
$(SVM_TESTS): $(SVM_FAKE) $(call root_objects,arch/x86/svm,arm event exit nmi post int_n)
build/unit/arch_svm: $(call root_objects,arch/x86/svm,explain)
build/unit/arch_svm_watch: $(call root_objects,arch/x86/svm,watch)
build/unit/arch_vmx_setup: $(VMX_FAKE) $(VMX_BACKEND) $(call root_objects,arch/x86/vmx,explain)
build/unit/root/tests/unit/arch_vmx_setup.o: arch/x86/vmx/setup.c
build/unit/arch_vmx_leave: $(VMX_FAKE) $(VMX_BACKEND)
build/unit/root/tests/unit/arch_vmx_leave.o: arch/x86/vmx/leave.c
build/unit/arch_vmx_regs: $(VMX_FAKE) $(VMX_BACKEND) \
	$(call root_objects,arch/x86,guest_regs vmx/regs svm/regs)
build/unit/arch_vmx build/unit/arch_vmx_exit: $(VMX_FAKE) $(VMX_BACKEND)
# with the source in them, whose instructions they play
build/unit/root/tests/unit/arch_svm_setup.o: arch/x86/svm/setup.c
build/unit/root/tests/unit/arch_svm_leave.o: arch/x86/svm/leave.c
build/unit/root/tests/unit/arch_apic.o: arch/x86/apic.c
build/unit/root/tests/unit/arch_root.o: arch/x86/root.c
build/unit/root/tests/unit/arch_root_backend.o: arch/x86/root_backend.c
build/unit/root/tests/unit/linux_settings.o: linux/settings.c
build/unit/root/tests/unit/linux_compat.o: linux/compat.h
build/unit/root/tests/unit/arch_processors.o: arch/x86/svm/setup.c
build/unit/arch_processors build/unit/linux_fit: $(call root_objects,linux,fit)
build/unit/arch_processors build/unit/arch_svm_setup: $(call root_objects,tests/unit,svm_setup_none)
build/unit/root/tests/unit/linux_below.o: linux/below.c
build/unit/root/tests/unit/linux_rings.o: linux/rings.c

# ---- the library and the command

USER_OBJECTS	:= $(USER_LIB) build/unit/user/tests/unit/cli_fake.o \
		   $(filter-out %/main.o,$(CLI_SOURCES:%.c=build/unit/user/%.o))
USER_TESTS	:= $(patsubst tests/unit/%.c,build/unit/%,$(filter-out %/cli_fake.c, \
		   $(wildcard tests/unit/lib_*.c tests/unit/cli_*.c)))
UNIT_TESTS	+= $(USER_TESTS) build/unit/cli_fuzz

$(USER_TESTS): build/unit/%: build/unit/user/tests/unit/%.o $(USER_OBJECTS)
	$(CC) $(USER_TEST_FLAGS) -o $@ $^ $(CLI_LIBS) -lcmocka

build/unit/cli_fuzz: build/unit/user/tests/fuzz/fuzz_command.o \
		$(filter-out %/cli_fake.o,$(USER_OBJECTS))
	$(CC) $(USER_TEST_FLAGS) -o $@ $^ $(CLI_LIBS)

# ---- scripts

SCRIPT_TESTS	:= $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/script_*.c))
UNIT_TESTS	+= $(SCRIPT_TESTS) build/unit/script_random.sh build/unit/script_fuzz

$(SCRIPT_TESTS): build/unit/%: build/unit/user/tests/unit/%.o $(USER_SCRIPT)
	$(CC) $(USER_TEST_FLAGS) -o $@ $^ -lcmocka -lelf -lm -lZydis

# Random programs against gcc: a few in every test, more with
# build/unit/script_random.sh COUNT SEED.
build/unit/script_many: build/unit/user/tests/fuzz/script_many.o $(USER_SCRIPT)
	$(CC) $(USER_TEST_FLAGS) -o $@ $^ -lelf

build/unit/script_random.sh: tests/fuzz/script_random build/unit/script_many
	@printf '#!/bin/sh\nexec tests/fuzz/script_random "$$@"\n' >$@
	@chmod +x $@

# Changed scripts and images.
build/unit/script_fuzz: build/unit/user/tests/fuzz/fuzz_script.o $(USER_SCRIPT)
	$(CC) $(USER_TEST_FLAGS) -o $@ $^ -lelf

FUZZ_SECONDS	?= 60
FUZZ_CFLAGS	:= $(filter-out -Werror -O2,$(CFLAGS_HOST)) -O1 -D_GNU_SOURCE -DTG_LIBFUZZER -Ilib \
		   -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

build/fuzz/fuzz_script: tests/fuzz/fuzz_script.c $(filter lib/script/%,$(LIB_SOURCES)) \
		$(SCRIPT_SOURCES) $(UNIT_HEADERS)
	@mkdir -p $(@D)/corpus
	clang $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) -lelf

## fuzz-script: libFuzzer on scripts and images for FUZZ_SECONDS=60; finds stay in build/fuzz/corpus
.PHONY: fuzz-script
fuzz-script: build/fuzz/fuzz_script
	@tests/fuzz/seed build/fuzz/corpus
	build/fuzz/fuzz_script -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=20 \
		-dict=tests/fuzz/script.dict build/fuzz/corpus
