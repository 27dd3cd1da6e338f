# SPDX-License-Identifier: GPL-2.0
. ./common.sh

# Emulated seconds; what needs more bare is left out, and named.
LIMIT=${LIMIT:-8}
# as many must end well bare
MIN=${MIN:-25}
# what they raise
VECTORS=${VECTORS:-01 03 06 0d 0e ec}
# glibc must leave the registration to the rseq tests
export GLIBC_TUNABLES=glibc.pthread.rseq=0

# What differs from run to run by nature: numbers and addresses; and fsgsbase's
# two good outcomes (an IRET between its steps clears a null GS, or none came).
results()
{
	tr '\t' ' ' <"$1" | grep -aE '^ *(ok|not ok|\[(OK|FAIL|SKIP|WARN)\])|: (PASS|FAIL|OK)' |
		sed -e 's/0x[0-9a-f]*/X/g' -e 's/\b[0-9a-f]\{8,\}\b/X/g' -e 's/[0-9][0-9]*/N/g' |
		sed -e 's,GS.BASE changed from .* because IRET is defective,GS/BASE remained X/X,' |
		sort | uniq -c
}

failures() { grep -aE 'not ok|FAIL' "$1" | grep -av 'no FAIL'; }

# run_all PHASE
run_all()
{
	for test in "$T"/selftests/*; do
		name=${test##*/}
		[ -e "$W/$name.slow" ] && continue
		begun=$(cut -d . -f 1 /proc/uptime)
		case $name in
		*param_test) set -- -T s -t 2 -r 100 ;;
		*futex_requeue_pi) set -- -t 100000 ;;
		*inconsistency-check) set -- -t 1 ;;
		*threadtest) set -- -t 5 ;;
		seccomp_benchmark) set -- 50000 ;;
		*) set -- ;;
		esac
		(
			cd /tmp || exit 1
			timeout $LIMIT "$test" "$@" >"$W/$name.$phase.out" 2>&1 </dev/null
			echo $? >"$W/$name.$phase.status"
		)
		results "$W/$name.$phase.out" >"$W/$name.$phase"
		failures "$W/$name.$phase" >"$W/$name.$phase.bad"
		echo "$phase $name: status $(cat "$W/$name.$phase.status")," \
			"$(awk '{ n += $1 } END { print n + 0 }' "$W/$name.$phase") sub-results," \
			"$(awk '{ n += $1 } END { print n + 0 }' "$W/$name.$phase.bad") failed," \
			"$(($(cut -d . -f 1 /proc/uptime) - begun)) s"
	done
}

# The number of results that are no skips: each text has its count before it.
count() { awk '!/[Ss][Kk][Ii][Pp]/ { n += $1 } END { print n + 0 }' "$1"; }

# no_new PHASE: zero failures more than bare, and nothing left out
no_new()
{
	for test in "$T"/selftests/*; do
		name=${test##*/}
		[ -e "$W/$name.slow" ] && continue
		status=$(cat "$W/$name.$phase.status")
		bare=$(cat "$W/$name.bare.status")
		new=$(grep -vxF -f "$W/$name.bare.bad" "$W/$name.$phase.bad" | head -n 1)
		[ -s "$W/$name.bare.bad" ] || new=$(head -n 1 "$W/$name.$phase.bad")
		if [ -n "$new" ]; then
			fail "selftest_${phase}_$name" "$new"
		elif [ "$status" = 0 ] && [ -s "$W/$name.bare.bad" ] &&
			[ ! -s "$W/$name.$phase.bad" ]; then
			# bare something failed by chance, and not here: as many results, none bad
			equal "selftest_${phase}_$name" "$(count "$W/$name.$phase")" \
				"$(count "$W/$name.bare")"
		elif [ "$status" != "$bare" ]; then
			fail "selftest_${phase}_$name" "status $status, bare $bare"
		elif ! cmp -s "$W/$name.bare" "$W/$name.$phase"; then
			fail "selftest_${phase}_$name" "$(diff "$W/$name.bare" "$W/$name.$phase" |
				grep '^[-+] ' | head -n 2 | tr '\n' '|')"
		else
			pass "selftest_${phase}_$name"
		fi
	done
}

phase=bare
run_all
for test in "$T"/selftests/*; do
	name=${test##*/}
	status=$(cat "$W/$name.bare.status")
	# what timeout(1) says when it had to end it
	if [ "$status" = 143 ]; then
		touch "$W/$name.slow"
		skip "selftest_$name" "needs more than $LIMIT s bare"
	elif [ "$status" != 0 ] && [ ! -s "$W/$name.bare" ]; then
		touch "$W/$name.slow"
		skip "selftest_$name" "ends with status $status and no result bare"
	fi
done
# Its INT n raises #GP, and the emulator says that some event of long ago was being
# delivered: the guest gets a #DF for the two.
if emulator_bug nest-pf-idt-int-n && [ ! -e "$W/x86_mov_ss_trap.slow" ]; then
	touch "$W/x86_mov_ss_trap.slow"
	skip selftest_x86_mov_ss_trap "emulator: nest-pf-idt-int-n"
fi
between selftest_bare_ran "$(cat "$W"/*.bare.status | grep -c '^0$')" $MIN 100

need_device
hold || finish
phase=loaded
run_all
no_new

start -e all -i all || finish
phase=hooked
run_all
stop
no_new
for vector in $VECTORS; do
	if [ $vector = 03 ] && emulator_bug exc-bp; then
		skip "selftest_hooked_saw_$vector" "emulator: exc-bp"
		continue
	fi
	between "selftest_hooked_saw_$vector" "$(counted "$W/summary" $vector)" 1 100000000
done
finish
