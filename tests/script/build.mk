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
	$(CC) $(SCRIPT_TEST_FLAGS) -o $@ $^ -lcmocka -lelf -lm
