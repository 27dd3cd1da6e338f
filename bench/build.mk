# SPDX-License-Identifier: GPL-2.0
# The guest program of bench/run.

build/guest/cost: bench/cost.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_HOST) -O1 -D_GNU_SOURCE -fno-pie -static -no-pie -o $@ $<
