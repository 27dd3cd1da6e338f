# SPDX-License-Identifier: GPL-2.0
. ./common.sh

need_device
grep -qw svm /proc/cpuinfo && fail refuse_machine "this one has AMD-V" || pass refuse_machine
refused refuse_no_virtualization 1 'neither VT-x nor AMD-V' trapgate -e 'load vmm'
equal refuse_nothing_loaded "$(state)" 0
refused refuse_events_need_it 1 'neither VT-x nor AMD-V' trapgate -e '!exception 0' -- /bin/true
equal refuse_still_nothing "$(state)" 0
check refuse_rmmod rmmod trapgate
finish
