# SPDX-License-Identifier: GPL-2.0
. ./common.sh

modprobe msr

look()
{
	"$T/poke" user >"$W/user.$1" 2>&1
	cpu=0
	while [ $cpu -lt "$(nr_online)" ]; do
		"$T/poke" msr $cpu >"$W/msr$cpu.$1" 2>&1
		echo $? >"$W/msr$cpu.status"
		# EFER.SVME is claimed for others to see, as CR4.VMXE is (LEAVE)
		sed -i '/ efer /s/1\(...\)$/0\1/' "$W/msr$cpu.$1"
		cpu=$((cpu + 1))
	done
	sed -e '/MHz/d' -e '/bogomips/d' /proc/cpuinfo >"$W/cpuinfo.$1"
}

look bare
for insn in vmcall vmlaunch vmxoff vmxon vmclear vmread vmrun vmmcall; do
	equal "bare_$insn" "$(sed -n "s/^insn $insn \(sig=[0-9]*\) .*/\1/p" "$W/user.bare")" sig=4
done
for insn in xsetbv invd rdmsr hlt mov_cr0; do
	equal "bare_$insn" "$(sed -n "s/^insn $insn \(sig=[0-9]*\) .*/\1/p" "$W/user.bare")" sig=11
done

need_device
# The module alone changes nothing, so bare is what is above.
hold || finish
look loaded

# by line, so that a failure names the instruction or the register
lines()
{
	total=0 differ=0
	while read -r line; do
		total=$((total + 1))
		grep -qxF "$line" "$3" && continue
		differ=$((differ + 1))
		key=$(echo "$line" | cut -d ' ' -f 2)
		fail "${1}_$key" "was '$line', now '$(grep " $key " "$3" | head -n 1)'"
	done <"$2"
	[ $differ -eq 0 ] && between "$1" $total "$4" 100000
}
grep '^insn' "$W/user.bare" >"$W/insn"
# but for RF, where the emulator itself does not push it
if emulator_bug rf-in-frame; then
	sed -i '/^insn/s/efl=[01]0000/efl=0/' "$W/insn" "$W/user.bare" "$W/user.loaded"
fi
lines exit_base_user_insn "$W/insn" "$W/user.loaded" 40
grep '^cpuid' "$W/user.bare" >"$W/cpuid"
lines exit_base_cpuid "$W/cpuid" "$W/user.loaded" 40
grep '^osxsave' "$W/user.bare" >"$W/osxsave"
lines exit_base_osxsave "$W/osxsave" "$W/user.loaded" 1
same exit_base_proc_cpuinfo "$W/cpuinfo.bare" "$W/cpuinfo.loaded"

cpu=0
while [ $cpu -lt "$(nr_online)" ]; do
	if [ "$(cat "$W/msr$cpu.status")" = 0 ]; then
		lines exit_base_rdmsr_cpu$cpu "$W/msr$cpu.bare" "$W/msr$cpu.loaded" 45
	else
		fail exit_base_rdmsr_cpu$cpu "$(head -n 1 "$W/msr$cpu.bare")"
	fi
	cpu=$((cpu + 1))
done

check exit_skip_tf_cpuid "$T/raise" db_tf_cpuid 20

# Nothing armed: no exit for exceptions and interrupts at all.
exits() { "$T/tgraw" stats | tr ' ' '\n' | sed -n "s/^$1=//p" | awk '{ n += $1 } END { print n }'; }
exceptions=$(exits exception) interrupts=$(exits interrupt) all=$(exits exits)
check native_memory "$T/workload" memory 500
check native_timers "$T/workload" timers 20
check native_forks "$T/workload" forks 50
equal native_no_exception_exits $(($(exits exception) - exceptions)) 0
equal native_no_interrupt_exits $(($(exits interrupt) - interrupts)) 0
# and what must exit does count: VMCALL or VMMCALL, among them
n=0
while [ $n -lt 50 ]; do
	"$T/poke" user >/dev/null 2>&1
	n=$((n + 1))
done
between native_exits_are_counted $(($(exits exits) - all)) 50 10000000

release
equal native_unloaded "$(state)" 0
look after
same native_after_unload "$W/user.bare" "$W/user.after"
finish
