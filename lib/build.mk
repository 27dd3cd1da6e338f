# SPDX-License-Identifier: GPL-2.0
# build/libtrapgate.a: the C interface to the device.

LIB_SOURCES	:= $(wildcard lib/*.c)
LIB_HEADERS	:= $(wildcard lib/*.h include/trapgate/*.h)
LIB_OBJECTS	:= $(LIB_SOURCES:lib/%.c=build/lib/%.o)
LIB_CFLAGS	 = $(CFLAGS_HOST) -Iinclude -Ilib

build/lib/%.o: lib/%.c $(LIB_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(LIB_CFLAGS) -c -o $@ $<

build/libtrapgate.a: $(LIB_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^
