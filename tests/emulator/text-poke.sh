# SPDX-License-Identifier: GPL-2.0
# A bug of QEMU's TCG (7.2) with two CPUs, shown by the bare kernel: one CPU hangs
# in code that the other patches (ftrace on and off under a busy machine).
#   vm/run --machine qemu-amd --smp 2 --no-module --timeout 100 \
#	--add tests/emulator/text-poke.sh:/text-poke.sh -- sh /text-poke.sh
# ends with time-out and a soft lockup; with --smp 1 it prints "no hang".
T=/sys/kernel/tracing
mount -t tracefs tracefs $T 2>/dev/null
while :; do /bin/true; /bin/true | cat; done &
while :; do cat /proc/self/stat >/dev/null; done &
n=0
while [ $n -lt 300 ]; do
	echo 'vfs_*' >$T/set_ftrace_filter
	echo function >$T/current_tracer
	cat /proc/self/stat >/dev/null
	echo nop >$T/current_tracer
	n=$((n + 1))
done
echo no hang
