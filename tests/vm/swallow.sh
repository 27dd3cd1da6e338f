# SPDX-License-Identifier: GPL-2.0
. ./common.sh

need_device
hold || finish

# own NAME CASE N OPTIONS: raise CASE N times, its vector swallowed for it alone; on one
# CPU, as each counts for itself
own()
{
	name=$1 case=$2 n=$3
	shift 3
	rm -f "$W/trace"
	taskset 1 "$T/tgraw" run -s -P -o "$W/trace" -S "$W/sum" "$@" -- \
		"$T/raise" "$case" "$n" >"$W/dump" 2>"$W/err"
	echo $? >"$W/status"
}
sum() { value "$W/sum" "$1"; }

# ---- a fault keeps RIP: it comes back until the limit, then it is delivered

"$T/raise" ud 1 >"$W/bare.ud"
for limit in 1 50 1000; do
	own ud ud 1 -e 6 -L $limit
	same_frame "inj_sc_ud_limit_${limit}_delivered" "$W/bare.ud" "$W/dump"
	equal "inj_sc_ud_limit_${limit}_swallowed" "$(sum swallowed)" $limit
	equal "inj_sc_ud_limit_${limit}_off" "$(sum off)" 2
	notes=$(grep -c '"kind": 2.*"note": 1' "$W/trace")
	equal "inj_sc_ud_limit_${limit}_said" "$notes" 1
	at=$("$T/raise" -l | sed -n 's/^ud .*rip=\(0x[0-9a-f]*\).*/\1/p')
	said=$(sed -n 's/.*"kind": 2.*"rip": "\(0x[0-9a-f]*\)".*/\1/p;
		s/.*"rip": "\(0x[0-9a-f]*\)".*"kind": 2.*/\1/p' "$W/trace" | head -n 1)
	[ -n "$said" ] || said=$(grep '"kind": 2' "$W/trace" |
		sed -n 's/.*"rip": "\(0x[0-9a-f]*\)".*/\1/p' | head -n 1)
	equal "inj_sc_ud_limit_${limit}_rip" "$said" "$at"
done
for case in de gp_hlt pf_user_read ac xm; do
	if has_bug "$(raise_bug $case)"; then
		skip "inj_sc_$case" "emulator: $(raise_bug $case)"
		continue
	fi
	vector=$("$T/raise" -l | sed -n "s/^$case vector=\([0-9a-f]*\) .*/\1/p")
	"$T/raise" $case 1 >"$W/bare.$case"
	own $case $case 1 -e "$vector" -L 20
	same_frame "inj_sc_${case}_delivered" "$W/bare.$case" "$W/dump"
	equal "inj_sc_${case}_off" "$(sum off)" 2
done

# ---- INT3 and INT1 are stepped over: no signal, the program goes on

for case in bp int1; do
	if has_bug "$(hook_bug $case)"; then
		skip "inj_sc_$case" "emulator: $(hook_bug $case)"
		continue
	fi
	vector=3
	[ $case = int1 ] && vector=1
	own $case $case 5 -e $vector -L 1000
	equal "inj_sc_${case}_no_signal" "$(grep -c ' no-signal ' "$W/dump")" 5
	equal "inj_sc_${case}_swallowed" "$(sum swallowed)" 5
	equal "inj_sc_${case}_off" "$(sum off)" 1
	equal "inj_sc_${case}_records" "$(grep -c '"verdict": 2' "$W/trace")" 5
done

# Two events on one vector: swallowed if any of them says so.
if has_bug "$(hook_bug bp)"; then
	skip inj_sc_two_events_no_signal "emulator: $(hook_bug bp)"
else
	start -e 3
	own both bp 5 -e 3
	stop
	equal inj_sc_two_events_no_signal "$(grep -c ' no-signal ' "$W/dump")" 5
fi

# ---- what needs force is refused without it

for event in "-i all" "-i ec" "-i fd" "-i fb" "-e all" "-e e"; do
	name=$(echo "$event" | tr -d ' -')
	refused "force_needed_$name" 1 "not permitted" "$T/tgraw" run -s $event -t 1
done
refused force_needed_command 1 force trapgate -e '!exception sc on pid all'
refused force_needed_command_irq 1 force trapgate -e '!interrupt sc on'

# ---- with force on everything: the machine comes back by itself

alive()
{
	date +%s >"$W/t1"
	sleep 1
	date +%s >"$W/t2"
	between "$1_clock_goes_on" $(($(cat "$W/t2") - $(cat "$W/t1"))) 1 20
	check "$1_work" "$T/workload" forks 20
	check "$1_timers" "$T/workload" timers 10
}

forced()
{
	name=$1
	shift
	"$T/tgraw" run -s -f -L 1000 -t 4 -o "$W/trace" -S "$W/sum" "$@" >"$W/out" 2>&1
	status=$?
	cat "$W/sum" 2>/dev/null | grep event=
	equal "${name}_ended" $status 0
	alive "$name"
}

forced swallow_every_exception -e all
between swallow_every_exception_off "$(sum off)" 2 4
between swallow_every_exception_said "$(grep -c '"kind": 2' "$W/trace")" 1 1000
forced swallow_every_page_fault -e e
forced swallow_timer -i ec
between swallow_timer_off "$(sum off)" 3 4
forced swallow_every_interrupt -i all
between swallow_every_interrupt_off "$(sum off)" 3 4
between swallow_every_interrupt_said "$(grep -c '"kind": 2' "$W/trace")" 1 1000
forced swallow_everything -e all -i all
if [ "$(nr_online)" -ge 2 ]; then
	forced swallow_reschedule -i fd
	forced swallow_call -i fb
fi
forced swallow_pf_of_init -e e -p 1
equal swallow_init_lives "$(cat /proc/1/comm | wc -l | tr -d ' ')" 1

# ---- a level-triggered line that fires
modprobe virtio_pci 2>/dev/null
modprobe virtio_rng 2>/dev/null
if [ -c /dev/hwrng ]; then
	dd if=/dev/hwrng of=/dev/null bs=64 count=50 2>/dev/null
fi
line=$(awk '/fasteoi/ { n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i
	if (n > 10) { sub(":", "", $1); print $1; exit } }' /proc/interrupts)
if [ -z "$line" ]; then
	skip int_spur_level_line "no level-triggered line fires on this machine"
else
	# its vector is not said anywhere; all but the timer and the IPIs
	(while :; do dd if=/dev/hwrng of=/dev/null bs=64 count=1 2>/dev/null; done) & reader=$!
	forced int_spur_level_line -i all
	kill $reader
	wait $reader 2>/dev/null
	count() { awk -v l="$line:" '$1 == l { n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i
		print n }' /proc/interrupts; }
	before=$(count)
	check int_spur_level_line_reads dd if=/dev/hwrng of=/dev/null bs=64 count=20
	between int_spur_level_line_fires $(($(count) - before)) 1 100000
	# and hooked, not swallowed: each once
	start -i all
	before=$(count)
	check int_spur_level_line_hooked dd if=/dev/hwrng of=/dev/null bs=64 count=20
	between int_spur_level_line_hooked_fires $(($(count) - before)) 1 100000
	stop
fi

release
equal swallow_unloaded "$(state)" 0
finish
