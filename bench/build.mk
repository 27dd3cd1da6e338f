# SPDX-License-Identifier: GPL-2.0
# The guest program of bench/run.

build/guest/cost: bench/cost.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_HOST) -O1 -D_GNU_SOURCE -fno-pie -static -no-pie -o $@ $<

build/bench/script: bench/script/bench.c build/libtrapgate.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_HOST) -D_GNU_SOURCE -Ilib -o $@ $^ -lelf

## bench-script: scripts on the host, in ns, beside gcc -O2
.PHONY: bench-script
bench-script: build/bench/script
	@build/bench/script
