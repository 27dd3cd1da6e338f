# SPDX-License-Identifier: GPL-2.0
. ./common.sh
. ./ending.sh

case $STAGE in
0)
	need_device
	armed reboot_loaded loaded
	end reboot -f
	;;
1)
	afresh after_reboot_loaded
	armed reboot_hooked hooked
	end reboot -f
	;;
2)
	afresh after_reboot_hooked
	armed emergency_loaded loaded
	end sh -c 'echo b >/proc/sysrq-trigger'
	;;
3)
	afresh after_emergency_loaded
	armed emergency_hooked hooked
	end sh -c 'echo b >/proc/sysrq-trigger'
	;;
4)
	afresh after_emergency_hooked
	;;
esac
equal stages "$STAGE" 4
finish
