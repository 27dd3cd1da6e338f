# SPDX-License-Identifier: GPL-2.0
# build/libtrapgate.a: the C interface to the device.

LIB_SOURCES	:= $(wildcard lib/*.c lib/script/*.c)
LIB_HEADERS	:= $(wildcard lib/*.h lib/script/*.h include/trapgate/*.h core/*.h core/script/*.h)
LIB_OBJECTS	:= $(LIB_SOURCES:lib/%.c=build/lib/%.o)
LIB_CFLAGS	 = $(CFLAGS_HOST) -Iinclude -Ilib

build/lib/%.o: lib/%.c $(LIB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(LIB_CFLAGS) -c -o $@ $<

# What runs scripts, built as for root mode (Kbuild, root-cflags): no floating
# point, no jump tables.
SCRIPT_SOURCES	:= $(wildcard core/script/*.c)
SCRIPT_OBJECTS	:= $(SCRIPT_SOURCES:%.c=build/%.o)
SCRIPT_CFLAGS	 = $(CFLAGS_HOST) -ffreestanding -mgeneral-regs-only -fno-jump-tables \
		   -fno-stack-protector \
		   -fno-tree-loop-distribute-patterns -fcf-protection=none

build/core/script/%.o: core/script/%.c $(LIB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(SCRIPT_CFLAGS) -c -o $@ $<

# What library and module both ask.
CHECK_SOURCES	:= core/event_check.c
CHECK_OBJECTS	:= $(CHECK_SOURCES:%.c=build/%.o)

$(CHECK_OBJECTS): build/%.o: %.c $(LIB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(LIB_CFLAGS) -c -o $@ $<

build/lib/script/%.o: LIB_CFLAGS += -D_GNU_SOURCE

build/libtrapgate.a: $(LIB_OBJECTS) $(CHECK_OBJECTS) $(SCRIPT_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^
