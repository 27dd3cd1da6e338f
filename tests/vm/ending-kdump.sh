# SPDX-License-Identifier: GPL-2.0
. ./common.sh
. ./ending.sh

# load_kdump: the same kernel for the time after a panic, on one CPU
load_kdump()
{
	local line
	line=$(sed 's/crashkernel=[^ ]*//' /proc/cmdline)
	pack_system
	check kdump_load_$STAGE kexec -s -p /boot/vmlinuz --initrd=/tmp/initrd \
		--command-line="$line nr_cpus=1 irqpoll reset_devices kdump=$((STAGE + 1))" ||
		finish
	rm /tmp/initrd
	equal kdump_loaded_$STAGE "$(cat /sys/kernel/kexec_crash_loaded)" 1
}

crash() { end sh -c 'echo c >/proc/sysrq-trigger'; }

# in_kdump NAME: the kernel after the panic of one with two CPUs
in_kdump()
{
	equal "$1_is_kdump" "$(sed -n 's/.* kdump=//p' /proc/cmdline)" "$STAGE"
	equal "$1_one_cpu" "$cpus" 1
	# the registers of both CPUs are in it: the other had its NMI
	head -c 65536 /proc/vmcore >"$W/vmcore"
	equal "$1_vmcore_elf" "$(head -c 4 "$W/vmcore" | tail -c 3)" ELF
	equal "$1_vmcore_registers" "$(strings "$W/vmcore" | grep -cx CORE)" 2
	equal "$1_vmcore_release" \
		"$(strings "$W/vmcore" | sed -n 's/.*OSRELEASE=//p' | head -n 1)" "$(uname -r)"
	between "$1_vmcore_mib" $(($(stat -c %s /proc/vmcore) >> 20)) 200 512
	check "$1_vmcore_readable" dd if=/proc/vmcore of=/dev/null bs=1M
	afresh "$1"
	armed "$1_loaded_again" hooked
}

case $STAGE in
0)
	need_device
	load_kdump
	armed kdump_loaded loaded
	crash
	;;
1)
	in_kdump after_crash_loaded
	end reboot -f
	;;
2)
	afresh after_kdump
	load_kdump
	armed kdump_hooked hooked
	crash
	;;
3)
	in_kdump after_crash_hooked
	;;
esac
equal stages "$STAGE" 3
finish
