# SPDX-License-Identifier: GPL-2.0
# Tests of the script language on the host, with sanitizers: tests/unit/script_*.c.

SCRIPT_TEST_FLAGS = $(CLI_TEST_FLAGS) -Itests/unit
SCRIPT_TEST_OBJECTS := $(filter build/unit/obj/lib/script/% build/unit/obj/core/script/%,$(CLI_TEST_OBJECTS))
SCRIPT_TESTS	:= $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/script_*.c))
UNIT_TESTS	+= $(SCRIPT_TESTS)

$(SCRIPT_TESTS:build/unit/%=build/unit/obj/tests/unit/%.o): build/unit/obj/%.o: %.c $(CLI_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SCRIPT_TEST_FLAGS) -c -o $@ $<

$(SCRIPT_TESTS): build/unit/%: build/unit/obj/tests/unit/%.o $(SCRIPT_TEST_OBJECTS)
	$(CC) $(SCRIPT_TEST_FLAGS) -o $@ $^ -lcmocka -lelf -lm -lZydis

# Random programs against gcc: a few in every test, more with
# build/unit/script_random.sh COUNT SEED.
UNIT_TESTS	+= build/unit/script_random.sh

build/unit/obj/tests/fuzz/script_many.o: tests/fuzz/script_many.c $(CLI_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SCRIPT_TEST_FLAGS) -c -o $@ $<

build/unit/script_many: build/unit/obj/tests/fuzz/script_many.o $(SCRIPT_TEST_OBJECTS)
	$(CC) $(SCRIPT_TEST_FLAGS) -o $@ $^ -lelf

build/unit/script_random.sh: tests/fuzz/script_random build/unit/script_many
	@printf '#!/bin/sh\nexec tests/fuzz/script_random "$$@"\n' >$@
	@chmod +x $@

# Changed scripts and images. make fuzz-script FUZZ_SECONDS=600: libFuzzer's own,
# which keeps what it found in build/fuzz/corpus.
UNIT_TESTS	+= build/unit/script_fuzz
FUZZ_SECONDS	?= 60
FUZZ_CFLAGS	:= $(filter-out -Werror -O2,$(CFLAGS_HOST)) -O1 -D_GNU_SOURCE -DTG_LIBFUZZER -Ilib \
		   -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

build/unit/obj/tests/fuzz/fuzz_script.o: tests/fuzz/fuzz_script.c $(CLI_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SCRIPT_TEST_FLAGS) -c -o $@ $<

build/unit/script_fuzz: build/unit/obj/tests/fuzz/fuzz_script.o $(SCRIPT_TEST_OBJECTS)
	$(CC) $(SCRIPT_TEST_FLAGS) -o $@ $^ -lelf

build/fuzz/fuzz_script: tests/fuzz/fuzz_script.c $(filter lib/script/%,$(LIB_SOURCES)) $(SCRIPT_SOURCES) $(CLI_HEADERS)
	@mkdir -p $(@D)/corpus
	clang $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) -lelf

.PHONY: fuzz-script
fuzz-script: build/fuzz/fuzz_script
	@tests/fuzz/seed build/fuzz/corpus
	build/fuzz/fuzz_script -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=20 \
		-dict=tests/fuzz/script.dict build/fuzz/corpus
