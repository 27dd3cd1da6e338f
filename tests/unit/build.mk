# SPDX-License-Identifier: GPL-2.0
# Unit tests of core/ and of arch/x86's pure functions, on the host, with
# sanitizers; core/os.h is os_fake.c. An executable for each tests/unit/core_*.c
# and arch_*.c.

CORE_TEST_FLAGS	 = $(filter-out -O2,$(CFLAGS_HOST)) -O1 -DTG_HOST_TEST -Icore -Iarch/x86 \
		   -fsanitize=address,undefined -fno-sanitize-recover=undefined \
		   -fno-omit-frame-pointer
CORE_TEST_OBJECTS := $(patsubst %.c,build/unit/obj/%.o,$(wildcard core/*.c) \
		   arch/x86/vmx_caps.c tests/unit/os_fake.c tests/unit/core_world.c)
CORE_TESTS	:= $(patsubst tests/unit/%.c,build/unit/%,$(filter-out %/core_world.c, \
		   $(wildcard tests/unit/core_*.c tests/unit/arch_*.c)))
UNIT_TESTS	+= $(CORE_TESTS)

SVM_FAKE	:= build/unit/obj/tests/unit/svm_fake.o
FAULT_PLAY	:= build/unit/obj/tests/unit/fault_play.o
VMX_NONE	:= build/unit/obj/tests/unit/vmx_none.o

$(CORE_TEST_OBJECTS) $(SVM_FAKE) $(FAULT_PLAY) $(VMX_NONE) $(CORE_TESTS:build/unit/%=build/unit/obj/tests/unit/%.o): \
build/unit/obj/%.o: %.c $(wildcard core/*.h core/script/*.h arch/x86/*.h include/trapgate/*.h) \
		tests/unit/os_fake.h tests/unit/core_world.h tests/unit/svm_fake.h tests/unit/fault_play.h
	@mkdir -p $(@D)
	$(CC) $(CORE_TEST_FLAGS) -Itests/unit -Ilib -c -o $@ $<

$(CORE_TESTS): build/unit/%: build/unit/obj/tests/unit/%.o $(CORE_TEST_OBJECTS)
	$(CC) $(CORE_TEST_FLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# Actions run scripts: the engine, as the script tests have it, and for their tests
# the compiler.
$(CORE_TESTS): $(patsubst %,build/unit/obj/core/script/%.o,decimal float format helper insn_len \
	interp mem print sync verify verify_func)
build/unit/core_action: $(patsubst %.c,build/unit/obj/%.o,$(filter-out %/host.c,$(wildcard lib/script/*.c)))
build/unit/core_action: LDLIBS := -lelf
build/unit/core_action: build/unit/obj/lib/number.o

# What they have of their own: arch/x86 files with the processor played by the test.
build/unit/arch_walk: build/unit/obj/arch/x86/walk.o
build/unit/arch_vmx_explain: $(patsubst %,build/unit/obj/arch/x86/%.o,vmx_dump vmx_explain)
build/unit/arch_script: $(patsubst %,build/unit/obj/arch/x86/%.o,script_mem script_os script_svm walk) $(VMX_NONE)
build/unit/arch_root_fault: $(patsubst %,build/unit/obj/arch/x86/%.o,root_fault script_mem script_os \
	script_svm walk) $(FAULT_PLAY) $(VMX_NONE) \
	$(patsubst %,build/unit/obj/core/script/%.o,jit jit_asm jit_call jit_insn) \
	$(patsubst %.c,build/unit/obj/%.o,$(filter-out %/host.c,$(wildcard lib/script/*.c)) lib/number.c)
build/unit/arch_root_fault: LDLIBS := -lelf -Wl,--wrap=tg_os_script_read
SVM_TESTS	:= $(filter-out %_setup %_leave,$(filter build/unit/arch_svm%,$(CORE_TESTS)))
$(SVM_TESTS): $(SVM_FAKE) $(patsubst %,build/unit/obj/arch/x86/%.o,svm_event svm_nmi svm_post svm_soft)
build/unit/arch_svm: build/unit/obj/arch/x86/svm_explain.o
# with the source in them, whose instructions they play
build/unit/obj/tests/unit/arch_svm_setup.o: arch/x86/svm_setup.c
build/unit/obj/tests/unit/arch_svm_leave.o: arch/x86/svm_leave.c
build/unit/obj/tests/unit/arch_apic.o: arch/x86/apic.c
build/unit/arch_svm_watch: build/unit/obj/arch/x86/svm_watch.o

build/unit/obj/arch/x86/%.o: arch/x86/%.c $(wildcard core/*.h arch/x86/*.h include/trapgate/*.h)
	@mkdir -p $(@D)
	$(CC) $(CORE_TEST_FLAGS) -Itests/unit -c -o $@ $<
