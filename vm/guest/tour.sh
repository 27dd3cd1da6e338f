# SPDX-License-Identifier: GPL-2.0
# The tour of `make demo`, in the guest.
bold= plain=
[ ! -t 1 ] || { bold=$(printf '\033[1m') plain=$(printf '\033[0m'); }
title() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
run() {
	shown=
	for word; do
		case $word in
		*[!a-zA-Z0-9_./-]*|"") shown="$shown '$word'" ;;
		*) shown="$shown $word" ;;
		esac
	done
	printf '#%s\n' "$shown"
	"$@" 2>&1
}
timer_interrupts() { awk '/LOC:/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }' \
	/proc/interrupts; }

title "$(uname -sr) runs; its kernel is about to become a guest"
run trapgate -e status -e exit

title "a program divides by zero"
run trapgate -e '!exception 0' -- demo divide

title "the page faults of a program (the last ones)"
run trapgate -e '!exception e' -- demo touch | {
	read -r line
	echo "$line"
	tail -n 9
}

title "a breakpoint, INT3"
run trapgate -e '!exception 3' -- demo breakpoint
! grep -q "^$EMULATOR exc-bp bug" /demo/emulator ||
	echo "(no hit: this emulator raises INT3 past the intercept, see doc/emulators.md; \
not so on bochs-amd, bochs-intel)"

title "an invalid opcode, delivered: the program's handler skips it"
run trapgate -e '!exception 6' -- demo undefined

title "the same, swallowed: it would be raised for ever; the swallow limit ends that"
run trapgate -q -o /tmp/swallowed -e 'settings swallow-limit 0n100' \
	-e '!exception 6 sc on' -- demo undefined
echo "($(wc -l </tmp/swallowed) lines of trace, the last of them:)"
tail -n 2 /tmp/swallowed

title "every timer interrupt of one second, beside what the kernel counts"
before=$(timer_interrupts)
run trapgate -o /tmp/timer -e '!interrupt ec' -e 'sleep 0n1000' -e events -e exit
after=$(timer_interrupts)
tail -n 1 /tmp/timer
echo "records: $(grep -c . /tmp/timer); LOC in /proc/interrupts grew by $((after - before))" \
	"from before load to after unload"
