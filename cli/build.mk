# SPDX-License-Identifier: GPL-2.0
# build/trapgate, and build/static/trapgate for the test guest.

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
