# SPDX-License-Identifier: GPL-2.0
. ./common.sh
. ./ending.sh

# load_next: the same kernel and all files of this system for kexec -e
load_next()
{
	pack_system
	check kexec_load_$STAGE kexec -s -l /boot/vmlinuz --initrd=/tmp/initrd \
		--command-line="$(cat /proc/cmdline) kexec=$((STAGE + 1))" || finish
	equal kexec_loaded_$STAGE "$(cat /sys/kernel/kexec_loaded)" 1
}

came_by_kexec() { equal "$1_by_kexec" "$(sed 's/.* kexec=//' /proc/cmdline)" "$STAGE"; }

case $STAGE in
0)
	need_device
	load_next
	armed kexec_loaded loaded
	end kexec -e
	;;
1)
	came_by_kexec after_kexec_loaded
	afresh after_kexec_loaded
	load_next
	armed kexec_hooked hooked
	end kexec -e
	;;
2)
	came_by_kexec after_kexec_hooked
	afresh after_kexec_hooked
	;;
esac
equal stages "$STAGE" 2
finish
