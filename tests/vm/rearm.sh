# SPDX-License-Identifier: GPL-2.0
. ./common.sh

RAISES=500
PAGES=300

need_device
hold || finish
"$T/raise" ud $RAISES >"$W/bare.ud"
"$T/raise" pf_demand $PAGES >"$W/bare.pf"

# Four processes on two files add, enable, disable and clear at random.
"$T/tgraw" churn 120 1 >"$W/churn1" 2>&1 & one=$!
"$T/tgraw" churn 120 2 >"$W/churn2" 2>&1 & two=$!

"$T/tgraw" run -e 6 -P -o "$W/trace" -S "$W/sum" -- "$T/raise" ud $RAISES >"$W/dump" 2>"$W/err"
same_frame rearm_ud_handler "$W/bare.ud" "$W/dump"
check rearm_ud_every_one "$T/raise" -c ud $RAISES "$W/trace"

"$T/tgraw" run -e e -P -o "$W/trace" -S "$W/sum" \
	-- "$T/raise" pf_demand $PAGES >"$W/dump" 2>"$W/err"
same rearm_pf_handler "$W/bare.pf" "$W/dump"
check rearm_pf_every_one "$T/raise" -c pf_demand $PAGES "$W/trace"

"$T/tgraw" match ec LOC -- sleep 1 >"$W/match" 2>&1
equal rearm_timer_every_one $? 0
grep '^cpu=.*row=' "$W/match"

kill -0 $one 2>/dev/null && kill -0 $two 2>/dev/null && pass rearm_was_churning ||
	fail rearm_was_churning "the churn ended before the checks did"
kill -TERM $one $two
wait $one
equal rearm_churn_1 $? 0
wait $two
equal rearm_churn_2 $? 0
cat "$W/churn1" "$W/churn2" | grep churn:

# A reader that dies in the middle takes its events along.
start -e all -i all
kill -KILL "$STARTED"
wait "$STARTED" 2>/dev/null
no_events() { [ "$("$T/tgraw" info | sed -n 's/.*events=\([0-9]*\).*/\1/p')" = 0 ]; }
until_true no_events && pass rearm_killed_owner ||
	fail rearm_killed_owner "its events are still there"

# Disabled and cleared cost nothing: no exit for exceptions any more.
exits() { "$T/tgraw" stats | tr ' ' '\n' | sed -n "s/^$1=//p" | awk '{ n += $1 } END { print n }'; }
start -e all -i all -d
before=$(exits exception) interrupts=$(exits interrupt)
"$T/raise" -a 1 $(unsafe_cases) >/dev/null 2>&1
"$T/workload" timers 20
equal disabled_no_exception_exits $(($(exits exception) - before)) 0
equal disabled_no_interrupt_exits $(($(exits interrupt) - interrupts)) 0
stop
# and the counter does count
start -e all -i all
before=$(exits exception) interrupts=$(exits interrupt)
"$T/raise" -a 1 $(unsafe_cases) >/dev/null 2>&1
"$T/workload" timers 20
between enabled_exception_exits $(($(exits exception) - before)) 30 1000000
between enabled_interrupt_exits $(($(exits interrupt) - interrupts)) 10 1000000
stop
finish
