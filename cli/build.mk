# SPDX-License-Identifier: GPL-2.0
# build/trapgate, build/static/trapgate (for the test guest) and their tests.

CLI_SOURCES	:= $(wildcard cli/*.c)
CLI_HEADERS	:= $(wildcard cli/*.h) $(LIB_HEADERS)
CLI_OBJECTS	:= $(CLI_SOURCES:cli/%.c=build/cli/%.o)
CLI_CFLAGS	 = $(CFLAGS_HOST) -D_GNU_SOURCE -Iinclude -Ilib -Icli
CLI_LIBS	:= -ledit -ljansson -lelf
# libedit's ~ expansion asks for users, which a static program does with glibc's
# shared modules: the linker warns, we do not use it.
CLI_STATIC_LIBS	:= -ledit -ljansson -lelf -lz -ltinfo -lbsd -lmd

build/cli/%.o: cli/%.c $(CLI_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CLI_CFLAGS) -c -o $@ $<

build/trapgate: $(CLI_OBJECTS) build/libtrapgate.a
	$(CC) $(CFLAGS_HOST) $(LDFLAGS) -o $@ $^ $(CLI_LIBS)

build/static/trapgate: $(CLI_OBJECTS) build/libtrapgate.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_HOST) $(LDFLAGS) -static -Wl,--no-warnings -o $@ $^ $(CLI_STATIC_LIBS)

# Unit tests: the whole command but main(), with sanitizers, over a fake kernel.
CLI_TEST_FLAGS	 = $(filter-out -O2,$(CLI_CFLAGS)) -O1 -fsanitize=address,undefined \
		   -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CLI_TEST_OBJECTS := $(LIB_SOURCES:%.c=build/unit/obj/%.o) $(SCRIPT_SOURCES:%.c=build/unit/obj/%.o) \
		    $(filter-out build/unit/obj/cli/main.o,$(CLI_SOURCES:%.c=build/unit/obj/%.o)) \
		    build/unit/obj/tests/unit/cli_fake.o
CLI_TESTS	:= $(patsubst tests/unit/%.c,build/unit/%, \
		   $(filter-out tests/unit/cli_fake.c,$(wildcard tests/unit/cli_*.c)))
UNIT_TESTS	+= $(CLI_TESTS)

$(CLI_TEST_OBJECTS) $(CLI_TESTS:build/unit/%=build/unit/obj/tests/unit/%.o): \
build/unit/obj/%.o: %.c $(CLI_HEADERS) tests/unit/cli_fake.h
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_FLAGS) -Itests/unit -c -o $@ $<

$(CLI_TESTS): build/unit/%: build/unit/obj/tests/unit/%.o $(CLI_TEST_OBJECTS)
	$(CC) $(CLI_TEST_FLAGS) -o $@ $^ $(CLI_LIBS) -lcmocka

UNIT_TESTS	+= build/unit/cli_fuzz

build/unit/obj/tests/fuzz/fuzz_command.o: tests/fuzz/fuzz_command.c $(CLI_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CLI_TEST_FLAGS) -c -o $@ $<

build/unit/cli_fuzz: build/unit/obj/tests/fuzz/fuzz_command.o \
		$(filter-out %/cli_fake.o,$(CLI_TEST_OBJECTS))
	$(CC) $(CLI_TEST_FLAGS) -o $@ $^ $(CLI_LIBS)
