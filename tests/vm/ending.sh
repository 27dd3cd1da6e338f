# SPDX-License-Identifier: GPL-2.0
# What the suites ending-* share; sourced after common.sh. Such a suite runs once
# in each boot of its machine and knows from a byte of CMOS memory which it is.

STAGE=$("$T/poke" stage)
cpus=$(nr_online)

virtualised() { "$T/tgraw" info | tr ' ' '\n' | sed -n 's/^virtualised=//p'; }
events() { "$T/tgraw" info | tr ' ' '\n' | sed -n 's/^events=//p'; }

# hits: of all events on all CPUs by now
hits()
{
	"$T/tgraw" stats | tr ' ' '\n' |
		awk -F = '$1 == "exception" || $1 == "interrupt" { n += $2 } END { print n + 0 }'
}

# load_on: something to do on every CPU, whatever comes
load_on()
{
	local n=0
	while [ $n -lt "$cpus" ]; do
		(while :; do "$T/workload" forks 20 || echo "$n" >>"$W/wrong"; done) &
		n=$((n + 1))
	done
}

# pack_system: all files of this system to /tmp/initrd
pack_system()
{
	(cd / && find . -xdev ! -path './tmp/*' ! -path './proc/*' ! -path './sys/*' \
		! -path './dev/?*' | cpio -o -H newc) >/tmp/initrd 2>"$W/cpio"
}

# armed NAME loaded|hooked: under the hypervisor on all CPUs, with everything
# hooked or nothing, and the work goes right
armed()
{
	case $2 in
	loaded) hold ;;
	hooked) start -e all -i all -b 1048576 ;;
	esac || finish
	equal "$1_virtualised" "$(virtualised)" "$cpus"
	before=$(hits)
	check "$1_work" "$T/workload" forks 50
	case $2 in
	loaded)
		equal "$1_events" "$(events)" 0
		equal "$1_hits" $(($(hits) - before)) 0
		;;
	hooked)
		equal "$1_events" "$(events)" 2
		between "$1_hits" $(($(hits) - before)) 1000 10000000
		;;
	esac
}

# end COMMAND...: to the next stage; does not come back
end()
{
	"$T/poke" stage $((STAGE + 1)) || {
		fail "stage_$STAGE" "the CMOS memory does not hold it"
		finish
	}
	load_on
	sleep 1		# what was printed gets out, and the load in
	"$@"
	sleep 30
	fail "stage_$STAGE" "$* came back: status $?"
	finish
}

# afresh NAME: this kernel is another one, the processor is free, and all works
afresh()
{
	between "$1_new_kernel" "$(cut -d . -f 1 /proc/uptime)" 0 30
	need_device
	equal "$1_not_loaded" "$(state)" 0
	equal "$1_not_refused" "$("$T/tgraw" info | sed -n 's/^reason=/reason=/p')" reason=
	check "$1_loads" "$T/tgraw" cycle 3 with
	check "$1_forks" "$T/workload" forks 20
	check "$1_timers" "$T/workload" timers 10
}
