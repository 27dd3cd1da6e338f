# SPDX-License-Identifier: GPL-2.0
# A bug of QEMU's TCG (7.2), shown by the bare kernel: it gets #DB for ever at the
# first instruction of its #DB handler, with TF clear, after a user program of
# tests/vm/guest/fuzz.c (data breakpoints, MOV SS, single steps).
#   make guest-programs
#   vm/run --machine qemu-amd --smp 1 --no-module --timeout 60 \
#	--add build/guest/fuzz:/fuzz --add tests/emulator/debug-hang.sh:/go.sh -- sh /go.sh
# ends with time-out; on Bochs it prints "no hang".
/fuzz 1 3 >/dev/null
echo no hang
