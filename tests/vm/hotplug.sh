# SPDX-License-Identifier: GPL-2.0
. ./common.sh

TURNS=${TURNS:-50}
TRACING=/sys/kernel/tracing
CPU1=/sys/devices/system/cpu/cpu1/online
cpus=$(nr_online)

offline_online()
{
	n=0
	while [ $n -lt "$1" ]; do
		echo 0 >$CPU1 || return 1
		[ "$(nr_online)" = 1 ] || return 1
		echo 1 >$CPU1 || return 1
		[ "$(nr_online)" = 2 ] || return 1
		n=$((n + 1))
	done
}

# The kernel's own state of the art: can this machine do it bare?
hotplug_works=
if [ "$cpus" -lt 2 ]; then
	skip hotplug "one CPU"
elif offline_online 3 2>"$W/err"; then
	pass bare_hotplug
	hotplug_works=1
else
	skip hotplug "this machine cannot do it bare: $(tail -n 1 "$W/err")"
fi

virtualised() { "$T/tgraw" info | sed -n 's/.*virtualised=\([0-9]*\).*/\1/p'; }

need_device

# ---- KVM first: we refuse and name it
kvm_module=
# From 6.12 on KVM holds VMX or SVM from load on, unless told not to.
modprobe kvm enable_virt_at_load=0 2>/dev/null
for module in kvm_intel kvm_amd; do
	modprobe $module 2>"$W/err" && kvm_module=$module && break
done
if [ -z "$kvm_module" ] || ! until_true [ -c /dev/kvm ]; then
	fail kvm_first "no /dev/kvm: $(tail -n 1 "$W/err")"
else
	# So KVM takes VMX or SVM with its first machine.
	"$T/poke" kvm 4 &
	kvm=$!
	sleep 1
	refused kvm_first_refused 1 'kvm' trapgate -e 'load vmm'
	refused kvm_first_remedy 1 'modprobe -r|rmmod|enable_virt_at_load|stop' \
		trapgate -e 'load vmm'
	equal kvm_first_nothing_changed "$(virtualised)" 0
	wait $kvm
	equal kvm_first_kvm_runs $? 0
	# ---- KVM after us: it refuses, with EBUSY, from 6.12 on with EIO
	if hold; then
		"$T/poke" kvm 0 >"$W/kvm" 2>&1
		equal leave_kvm_after_us_refused $? 3
		grep -Eq 'busy|Input/output error' "$W/kvm" && pass leave_kvm_after_us_busy ||
			fail leave_kvm_after_us_busy "$(tail -n 1 "$W/kvm")"
		check leave_kvm_after_us_goes_on "$T/workload" forks 20
		release
		check leave_kvm_after_unload "$T/poke" kvm 0
	fi
fi
modprobe -r "$kvm_module" kvm

# ---- everything hooked from here on
start -e all -i all -b 4194304 || finish
equal virtualised_all "$(virtualised)" "$cpus"

if [ -n "$hotplug_works" ]; then
	check hotplug_under_hooks offline_online $TURNS
	equal hotplug_virtualised_again "$(virtualised)" 2
	echo 0 >$CPU1
	equal hotplug_offline_left "$(virtualised)" 1
	check hotplug_one_cpu_work "$T/workload" forks 20
	echo 1 >$CPU1
	check hotplug_back_work "$T/workload" pipes 100
	echo 0 >$CPU1
fi

# ---- a CPU that cannot come back under the hypervisor stays online
if [ -n "$hotplug_works" ]; then
	param=/sys/module/trapgate/parameters/refuse_cpu
	echo 1 >$param
	check hotplug_refused_comes_up sh -c "echo 1 >$CPU1"
	equal hotplug_refused_online "$(nr_online)" 2
	equal hotplug_refused_not_virtualised "$(virtualised)" 1
	check hotplug_refused_said sh -c \
		"dmesg | grep -q 'CPU 1 stays online without the hypervisor'"
	check hotplug_refused_work "$T/workload" pipes 100
	check hotplug_refused_goes_down sh -c "echo 0 >$CPU1"
	echo -1 >$param
	check hotplug_refused_once sh -c "echo 1 >$CPU1"
	equal hotplug_refused_back "$(virtualised)" 2
	echo 0 >$CPU1
fi

# ---- the module stays while it is used
refused rmmod_in_use 1 'unavailable|busy|in use' rmmod trapgate
equal rmmod_in_use_still_loaded "$(state)" 1
[ -n "$hotplug_works" ] && echo 1 >$CPU1

# ---- kprobes: INT3 in the kernel, and single-steps, under hooked #BP and #DB
if [ -w $TRACING/kprobe_events ]; then
	echo 'p:tgk __x64_sys_getppid' >$TRACING/kprobe_events 2>"$W/err"
	echo 'r:tgr __x64_sys_getppid' >>$TRACING/kprobe_events 2>>"$W/err"
	echo 0 >/proc/sys/debug/kprobes-optimization 2>/dev/null
	n=0
	while [ $n -lt 20 ]; do
		echo 1 >$TRACING/events/kprobes/enable
		"$T/poke" getppid 50
		echo 0 >$TRACING/events/kprobes/enable
		n=$((n + 1))
	done
	hits=$(awk '$1 == "tgk" { print $2 }' $TRACING/kprobe_profile)
	missed=$(awk '$1 == "tgk" { print $3 }' $TRACING/kprobe_profile)
	between inj_rip_kprobe_hits "$hits" 1000 2000
	equal inj_rip_kprobe_missed "$missed" 0
	returns=$(awk '$1 == "tgr" { print $2 }' $TRACING/kprobe_profile)
	between inj_rip_kretprobe_hits "$returns" 1000 2000
	echo >$TRACING/kprobe_events
else
	skip inj_rip_kprobe "no kprobe_events"
fi

# ---- ftrace patches code through INT3 while others run it
if emulator_bug smp-text-poke && [ "$cpus" -ge 2 ]; then
	skip ftrace "emulator: smp-text-poke"
elif [ -w $TRACING/current_tracer ] && grep -qw function $TRACING/available_tracers; then
	"$T/workload" forks 100 & busy=$!
	n=0
	while [ $n -lt 3 ]; do
		echo 'vfs_*' >$TRACING/set_ftrace_filter
		echo function >$TRACING/current_tracer
		cat /proc/self/stat >/dev/null
		echo nop >$TRACING/current_tracer
		echo >$TRACING/set_ftrace_filter
		n=$((n + 1))
	done
	wait $busy
	equal ftrace_on_off_work $? 0
	echo function >$TRACING/current_tracer
	check ftrace_all_work "$T/workload" forks 10
	echo nop >$TRACING/current_tracer
	equal ftrace_off "$(cat $TRACING/current_tracer)" nop
else
	skip ftrace "no function tracer"
fi

# ---- NMIs: a backtrace of every CPU
nmis() { awk '$1 == "NMI:" { n = 0; for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i; print n }' \
	/proc/interrupts; }
if [ "$cpus" -ge 2 ]; then
	before=$(nmis)
	n=0
	while [ $n -lt 10 ]; do
		echo l >/proc/sysrq-trigger
		n=$((n + 1))
	done
	# one for each other CPU and turn
	equal nmi_virt_backtraces $(($(nmis) - before)) 10
	check nmi_virt_goes_on "$T/workload" forks 20
else
	skip nmi_virt_backtraces "one CPU: nobody sends NMIs"
fi
if dmesg | grep -qi 'no PMU driver'; then
	skip nmi_virt_perf "the machine has no PMU"
else
	before=$(nmis)
	"$T/poke" nmis 1 2>"$W/err"
	case $? in
	0) between nmi_virt_perf $(($(nmis) - before)) 1 1000000 ;;
	77) skip nmi_virt_perf "$(tail -n 1 "$W/err")" ;;
	*) fail nmi_virt_perf "$(tail -n 1 "$W/err")" ;;
	esac
fi
stop
if [ "$cpus" -ge 2 ]; then
	between nmi_virt_records "$(counted "$W/summary" 02)" 10 100000
fi
equal hotplug_unloaded "$(state)" 0

# ---- SIGKILL of the command
trapgate -e '!exception pid all' -e '!interrupt' -- sleep 100 >/dev/null 2>&1 &
victim=$!
until_true is_state 1
equal sigkill_was_loaded "$(state)" 1
kill -KILL $victim
wait $victim 2>/dev/null
until_true is_state 0
equal sigkill_unloads "$(state)" 0
check sigkill_work "$T/workload" forks 20
finish
