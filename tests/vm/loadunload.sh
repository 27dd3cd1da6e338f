# SPDX-License-Identifier: GPL-2.0
. ./common.sh

N=${CYCLES:-100}
need_device

meminfo() { awk -v k="$1:" '$1 == k { print $2 }' /proc/meminfo; }

# Work that stops early or wakes late says so and ends.
load_on()
{
	rm -f "$W/stop" "$W"/wrong.*
	for job in "timers 20" "pipes 200" "futex 200" "signals 200" "forks 20" "memory 100"; do
		(
			turns=0
			while [ ! -e "$W/stop" ]; do
				"$T/workload" $job 2>>"$W/wrong.${job% *}" || break
				turns=$((turns + 1))
			done
			echo $turns >"$W/turns.${job% *}"
		) &
	done
}

load_off()
{
	touch "$W/stop"
	n=0
	for job in timers pipes futex signals forks memory; do
		while [ ! -s "$W/turns.$job" ] && [ $n -lt 300 ]; do
			n=$((n + 1))
			sleep 0.1
		done
		if [ ! -s "$W/turns.$job" ]; then
			fail "$1_wakeup_$job" "still asleep after 30 s"
		elif [ -s "$W/wrong.$job" ]; then
			fail "$1_wakeup_$job" "$(head -n 1 "$W/wrong.$job")"
		else
			between "$1_wakeup_$job" "$(cat "$W/turns.$job")" 1 1000000
		fi
	done
	rm -f "$W"/turns.*
}

# Pages that slab caches keep for their next objects go back, too.
settle()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		[ -w "$cache" ] && echo 1 >"$cache"
	done
	sleep 1
}

# What grew by more than the load's own first times, or nothing. What a CPU needs
# would be 29 KiB a turn; quiet() looks closer.
grown()
{
	set -- available $((available - $(meminfo MemAvailable))) $((2400 + N)) \
		percpu $(($(meminfo Percpu) - percpu)) $((40 + N / 10)) \
		slab $(($(meminfo SUnreclaim) - slab)) $((190 + N / 10)) \
		pagetables $(($(meminfo PageTables) - tables)) 64
	while [ $# -gt 0 ]; do
		echo "$1 $2 KiB" >>"$W/growth"
		[ "$2" -le "$3" ] || echo "$1 by $2 KiB"
		shift 3
	done
}

# cycle NAME HOW: the memory before and after. Caches fill up once, a leak grows
# again in the same turns.
cycle()
{
	"$T/tgraw" cycle 5 "$2" >/dev/null 2>&1	# what is made once
	for attempt in first second third; do
		settle
		available=$(meminfo MemAvailable)
		percpu=$(meminfo Percpu)
		slab=$(meminfo SUnreclaim)
		tables=$(meminfo PageTables)
		areas=$(grep -c trapgate /proc/vmallocinfo)
		: >"$W/growth"

		load_on
		"$T/workload" clock-start "$W/clock"
		check "$1_$attempt" "$T/tgraw" cycle $N "$2"
		# In seconds, the load makes the edges of the CMOS clock seen too late.
		[ "$N" -lt 1000 ] ||
			check "$1_${attempt}_clock_drift" "$T/workload" clock-end "$W/clock" 500
		load_off "$1_$attempt"
		equal "$1_${attempt}_unloaded" "$(state)" 0
		wait

		settle
		leak=$(grown)
		echo "$1, $attempt: after $N turns more or less:" $(cat "$W/growth")
		equal "$1_${attempt}_mem_vmalloc" "$(grep -c trapgate /proc/vmallocinfo)" "$areas"
		[ -n "$leak" ] || break
	done
	equal "$1_mem" "${leak:-nothing}" nothing
}

# Caches and free lists of the kernel fill up once.
load_on
sleep 2
load_off bare
wait

# KiB on the free lists and on those of the CPUs: MemFree alone swings by the latter
free_pages() { awk '/pages free/ { n += $3 } /count:/ { n += $2 } END { print n * 4 }' \
	/proc/zoneinfo; }

# quiet NAME HOW: 600 turns without other work; a page a turn would be 2,400 KiB
quiet()
{
	"$T/tgraw" cycle 50 "$2" >/dev/null 2>&1
	settle
	free=$(free_pages)
	check "$1" "$T/tgraw" cycle 600 "$2"
	settle
	between "$1_mem_free" $((free - $(free_pages))) -1000000 128
}

quiet int_exit_quiet_without without
quiet int_exit_quiet_with with
cycle int_exit_without_events without
cycle int_exit_with_events with
cycle int_exit_by_close close

# The module itself
check rmmod rmmod trapgate
equal rmmod_no_device "$([ -e /dev/trapgate ] && echo there || echo gone)" gone
equal rmmod_no_vmalloc "$(grep -c trapgate /proc/vmallocinfo)" 0
check insmod insmod /lib/modules/trapgate.ko
for i in 1 2 3 4 5 6 7 8 9 10; do
	rmmod trapgate && insmod /lib/modules/trapgate.ko || break
done
equal rmmod_insmod_10 $i 10
check load_after_insmod "$T/tgraw" cycle 2 with
finish
