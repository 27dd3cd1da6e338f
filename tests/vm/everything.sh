# SPDX-License-Identifier: GPL-2.0
. ./common.sh
export T

if [ "$(nr_online)" = 1 ]; then SCALE=${SCALE:-250}; else SCALE=${SCALE:-60}; fi
PPM=500
cpus=$(nr_online)

# work NAME: the workload with the clocks beside it; its sum to $W/NAME
work()
{
	"$T/workload" clock-start "$W/clock"
	sh "$T/workload.sh" $SCALE >"$W/$1" 2>"$W/$1.err"
	status=$?
	check "${1}_clock_drift" "$T/workload" clock-end "$W/clock" $PPM
	cat "$W/check"
	[ $status -eq 0 ] || fail "${1}_work" "$(head -n 1 "$W/$1.err")"
}

work bare
if [ -s "$W/bare" ]; then pass bare_work; else fail bare_work "no result"; fi

need_device
hold || finish
work native
same native_work "$W/bare" "$W/native"
cmp -s "$W/bare" "$W/native" || diff "$W/bare.err" "$W/native.err"

# every vector, and beside it a reader that counts the timer alone
start -e all -i all -b 4194304 || finish
"$T/workload" clock-start "$W/clock"
"$T/tgraw" match ec LOC -- sh "$T/workload.sh" $SCALE >"$W/match" 2>"$W/match.err"
status=$?
check int_all_clock_drift "$T/workload" clock-end "$W/clock" $PPM
cat "$W/check"
grep -v -e '^cpu=' -e '^event=' -e '^lost=' "$W/match" >"$W/all"
same int_all_work "$W/bare" "$W/all"
cmp -s "$W/bare" "$W/all" || diff "$W/bare.err" "$W/match.err"
grep '^cpu=.*row=' "$W/match"
equal int_noloss_timer $status 0
equal int_noloss_timer_cpus "$(grep -c '^cpu=.*row=.* equal' "$W/match")" "$cpus"

if [ "$cpus" -ge 2 ]; then
	"$T/tgraw" match fb,fc CAL -- "$T/workload" calls 300 >"$W/match" 2>&1
	status=$?
	grep -v '^event=' "$W/match"
	equal int_noloss_function_call $status 0
fi
stop

# Each hit is a record or counted as lost: nothing between.
hits=$(awk '{ for (i = 1; i <= NF; i++) if (split($i, a, "=") == 2 && a[1] == "hits") n += a[2] }
	END { print n + 0 }' "$W/summary")
records=$(awk '/^cpu=/ { split($3, a, "="); n += a[2] } END { print n + 0 }' "$W/summary")
lost=$(grep '^lost=' "$W/summary" | sed 's/lost=\([0-9]*\).*/\1/')
echo "hits $hits, records $records, lost $lost"
equal int_all_records_add_up "$hits" $((records + lost))
between int_all_page_faults "$(counted "$W/summary" 0e)" 1000 100000000
between int_all_timer "$(counted "$W/summary" ec)" 100 100000000

release
equal unloaded "$(state)" 0
work after
same after_unload_work "$W/bare" "$W/after"
finish
