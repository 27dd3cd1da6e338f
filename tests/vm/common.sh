# SPDX-License-Identifier: GPL-2.0
# What the suites share; sourced in the guest. Verdicts are one line each.

T=$(pwd)
W=/tmp/work.$$
mkdir -p "$W"
HOLD=

pass() { echo "PASS: $1"; }
fail() { echo "FAIL: $1: $2"; }
skip() { echo "SKIP: $1: $2"; }

# emulator_bug NAME: whether lab/probe or tests/emulator has proven that bug of
# this machine's emulator (doc/emulators.md)
emulator_bug()
{
	grep -Eq "^($MACHINE|$EMULATOR) $1 bug( |$)" "$T/emulator" "$T/emulator2" 2>/dev/null
}

# The clocks are the host's, and its other work makes edges seen late (workload).
! emulator_bug host-clock || export CLOCK_EDGE=0.03

# check NAME COMMAND...: its status decides, its last words tell why
check()
{
	local name=$1 status
	shift
	"$@" >"$W/check" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		pass "$name"
	else
		fail "$name" "status $status: $(tail -n 1 "$W/check")"
	fi
	return $status
}

# refused NAME STATUS PATTERN COMMAND...: it fails so, and says what matches
refused()
{
	local name=$1 want=$2 pattern=$3 status
	shift 3
	timeout 20 "$@" >"$W/refused" 2>&1 </dev/null
	status=$?
	if [ $status -ne "$want" ]; then
		fail "$name" "status $status, not $want: $(tail -n 1 "$W/refused")"
	elif ! grep -qiE -e "$pattern" "$W/refused"; then
		fail "$name" "does not say '$pattern': $(tail -n 1 "$W/refused")"
	else
		pass "$name"
	fi
}

# differ A B: the words that differ in the first line that does
differ()
{
	diff "$1" "$2" | grep -v -e '^---' -e '^+++' >"$W/diff"
	grep '^-' "$W/diff" | head -n 1 | cut -c 2- | tr ' ' '\n' >"$W/diff.1"
	grep '^+' "$W/diff" | head -n 1 | cut -c 2- | tr ' ' '\n' >"$W/diff.2"
	head -n 2 "$W/diff.1" | tr '\n' ' '
	diff "$W/diff.1" "$W/diff.2" | grep '^[-+]' | grep -v -e '^---' -e '^+++' |
		head -n 12 | cut -c 1-60 | tr '\n' ' '
}

# same NAME EXPECTED GOT: byte for byte, and not empty
same()
{
	if [ ! -s "$2" ]; then
		fail "$1" "nothing to compare with"
	elif cmp -s "$2" "$3"; then
		pass "$1"
	else
		fail "$1" "$(differ "$2" "$3")"
	fi
}

# equal NAME GOT WANT
equal()
{
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "'$2', not '$3'"
	fi
}

# between NAME GOT LOW HIGH
between()
{
	if [ -n "$2" ] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
		pass "$1"
	else
		fail "$1" "'$2', not within $3..$4"
	fi
}

# Of a case of raise: the bug (as lab/probe names them) by which the emulator
# raises something else, and by which it does not exit for it as it should.
raise_bug()
{
	case $1 in
	int1) echo icebp-gate ;;
	gp_int_dpl|gp_int1_dpl) echo exc-gp-int ;;
	ss) echo exc-ss ;;
	ac) echo ac-gate ;;
	xm) echo exc-xm ;;
	db_hw_exec) echo db-gate-exec ;;
	db_hw_*) echo db-gate-data ;;
	esac
}
hook_bug()
{
	case $1 in
	bp) echo exc-bp ;;
	int1) echo icebp-own ;;
	db_hw_exec) echo exc-db-exec ;;
	db_hw_*) echo exc-db-data ;;
	db_*) echo exc-db-tf ;;
	esac
}
# By which it says that the event was raised in the delivery of another.
nest_bug()
{
	case $1 in
	gp_int_dpl) echo nest-np-int-n ;;
	gp_int1_dpl) echo nest-np-int-n ;;
	esac
}
has_bug()
{
	[ -n "$1" ] && emulator_bug "$1"
}

# The cases not to be raised while #GP is intercepted: on QEMU the type of what was
# being delivered is wrong, on Bochs it is an event of long ago, and the guest gets
# a #DF for it.
unsafe_cases()
{
	for case in $("$T/raise" -l | cut -d ' ' -f 1); do
		has_bug "$(nest_bug "$case")" && echo "$case"
	done
}

# same_frame NAME EXPECTED GOT: but for RF, where the emulator does not push it
same_frame()
{
	if emulator_bug rf-in-frame; then
		sed 's/ efl=1\([0-9a-f]\{4\}\)\b/ efl=\1/' "$2" |
			sed 's/ efl=0*/ efl=/' >"$W/frame.want"
		sed 's/ efl=1\([0-9a-f]\{4\}\)\b/ efl=\1/' "$3" |
			sed 's/ efl=0*/ efl=/' >"$W/frame.got"
		same "$1" "$W/frame.want" "$W/frame.got"
	else
		same "$1" "$2" "$3"
	fi
}

finish()
{
	release
	rm -rf "$W"
	echo DONE
	exit 0
}

# Without the device all that follows would be no answer.
need_device()
{
	[ -c /dev/trapgate ] && return 0
	fail device "there is no /dev/trapgate"
	finish
}

# wait_for FILE PID: until the process has made it
wait_for()
{
	local n=0
	while [ ! -e "$1" ]; do
		n=$((n + 1))
		if [ $n -gt 300 ] || ! kill -0 "$2" 2>/dev/null; then
			[ -e "$1" ] && return 0
			return 1
		fi
		sleep 0.1
	done
}

# until_true COMMAND...: at most ten seconds
until_true()
{
	local n=0
	until "$@"; do
		n=$((n + 1))
		[ $n -gt 100 ] && return 1
		sleep 0.1
	done
}

# start OPTIONS: tgraw in the background with these events, armed on return
start()
{
	rm -f "$W/armed"
	"$T/tgraw" run -w "$W/armed" -S "$W/summary" "$@" 2>"$W/start.err" &
	STARTED=$!
	if ! wait_for "$W/armed" $STARTED; then
		fail start "tgraw $*: $(tail -n 1 "$W/start.err")"
		return 1
	fi
}

# stop: ends it; its counts are in $W/summary
stop()
{
	local stopped
	kill -TERM "$STARTED"
	wait "$STARTED"
	stopped=$?
	if [ $stopped -ne 0 ]; then
		fail stop "tgraw: status $stopped: $(tail -n 1 "$W/start.err")"
	fi
	return $stopped
}

# hold, release: keeps the hypervisor loaded with nothing hooked
hold()
{
	rm -f "$W/held"
	"$T/tgraw" run -w "$W/held" -S /dev/null 2>"$W/hold.err" &
	HOLD=$!
	if ! wait_for "$W/held" $HOLD; then
		fail load "$(tail -n 1 "$W/hold.err")"
		HOLD=
		return 1
	fi
}

release()
{
	[ -n "$HOLD" ] || return 0
	kill -TERM "$HOLD"
	wait "$HOLD"
	HOLD=
}

# counted FILE VECTOR: records of a vector over all CPUs in a summary
counted()
{
	awk -v v="vector=$2" '$2 == v { split($3, a, "="); n += a[2] } END { print n + 0 }' "$1"
}

# value FILE KEY: the first KEY=value of a summary
value()
{
	tr ' ' '\n' <"$1" | sed -n "s/^$2=//p" | head -n 1
}

nr_online() { grep -c '^processor' /proc/cpuinfo; }

state() { "$T/tgraw" info | tr ' ' '\n' | sed -n 's/^state=//p'; }

is_state()
{
	[ "$(state)" = "$1" ]
}
