# SPDX-License-Identifier: GPL-2.0
# A bug of QEMU's TCG (7.2), shown by the bare kernel: user programs that execute
# random opcodes cause page faults that claim to come from the supervisor (a far
# return or IRET reads the user stack with the wrong privilege), an Oops each.
#   vm/run --no-module --allow-warn --timeout 60 --add /usr/bin/stress-ng:/usr/bin/stress-ng \
#	--add tests/emulator/user-far-return.sh:/go.sh -- sh /go.sh
# prints "bug" and the Oops; where there is none "no bug".
stress-ng --opcode 2 -t 10 >/dev/null 2>&1
dmesg | grep -A 1 'unable to handle page fault' | grep -m 1 'supervisor .* in user mode' &&
	echo bug || echo no bug
