# SPDX-License-Identifier: GPL-2.0
# The machine sleeps, the clock wakes it, and it goes on under the hypervisor.
. ./common.sh
. ./ending.sh

# sleep_once: true when it really slept, two or more seconds by the CMOS clock
sleep_once()
{
	local begun
	begun=$(hwclock_seconds)
	echo +3 >/sys/class/rtc/rtc0/wakealarm || return
	echo mem >/sys/power/state || return
	[ $(($(hwclock_seconds) - begun)) -ge 2 ]
}
hwclock_seconds() { cat /sys/class/rtc/rtc0/since_epoch; }
low_level_resumes() { dmesg | grep -c 'Low-level resume complete'; }

# lines_between FROM TO TEXT: of the kernel's log since the last FROM
lines_between()
{
	dmesg | awk -v from="$1" -v to="$2" -v text="$3" '
		index($0, from) { n = 0; on = 1 } index($0, to) { on = 0 }
		on && index($0, text) { n++ } END { print n + 0 }'
}

# exits_on CPU: for exceptions and interrupts
exits_on()
{
	"$T/tgraw" stats | grep "^cpu=$1 " | tr ' ' '\n' |
		awk -F = '$1 == "exception" || $1 == "interrupt" { n += $2 } END { print n + 0 }'
}

# asleep NAME hooked|loaded
asleep()
{
	local cpu resumes
	resumes=$(low_level_resumes)
	check "$1_sleeps" sleep_once
	equal "$1_was_s3" $(($(low_level_resumes) - resumes)) 1
	equal "$1_cpus" "$(nr_online)" "$cpus"
	equal "$1_virtualised" "$(virtualised)" "$cpus"
	# of their own accord, before anything else sleeps: suspend to idle takes no CPU down
	equal "$1_all_left" "$(lines_between 'PM: suspend entry' 'Freezing user space processes' \
		'trapgate: all CPUs leave while the machine sleeps')" 1
	equal "$1_back_at_the_end" "$(lines_between 'Restarting tasks' 'PM: suspend exit' \
		"trapgate: $cpus CPUs are back after sleep")" 1
	between "$1_clock" $(($(date +%s) - $(hwclock_seconds))) -1 1
	cpu=0
	while [ $cpu -lt "$cpus" ]; do
		before=$(exits_on $cpu)
		check "$1_forks_$cpu" taskset $((1 << cpu)) "$T/workload" forks 20
		check "$1_timers_$cpu" taskset $((1 << cpu)) "$T/workload" timers 5
		if [ "$2" = hooked ]; then
			between "$1_hits_$cpu" $(($(exits_on $cpu) - before)) 500 10000000
		else
			equal "$1_hits_$cpu" $(($(exits_on $cpu) - before)) 0
		fi
		cpu=$((cpu + 1))
	done
	[ "$2" = hooked ] || return
	# a second reader: the timer's records against the kernel's own count
	"$T/tgraw" match ec LOC -- "$T/workload" timers 10 >"$W/match" 2>&1
	equal "$1_noloss_timer" $? 0
	grep '^cpu=.*row=' "$W/match"
	equal "$1_noloss_timer_cpus" "$(grep -c '^cpu=.*row=.* equal' "$W/match")" "$cpus"
}

# bare first: what the machine itself can do
if ! grep -qw deep /sys/power/mem_sleep; then
	skip suspend "the machine offers no S3"
	finish
fi
check suspend_bare sleep_once || finish

need_device
armed suspend_loaded loaded
load_on
asleep suspend_loaded_1 loaded
release
armed suspend_hooked hooked
for turn in 1 2 3; do
	asleep suspend_hooked_$turn hooked
done
equal suspend_load_right "$(cat "$W/wrong" 2>/dev/null | wc -l | tr -d ' ')" 0
stop
hits=$(awk '{ for (i = 1; i <= NF; i++) if (split($i, a, "=") == 2 && a[1] == "hits") n += a[2] }
	END { print n + 0 }' "$W/summary")
records=$(awk '/^cpu=/ { split($3, a, "="); n += a[2] } END { print n + 0 }' "$W/summary")
lost=$(value "$W/summary" lost)
echo "hits $hits, records $records, lost $lost"
equal suspend_records_add_up "$hits" $((records + lost))
equal suspend_unloaded "$(state)" 0
finish
