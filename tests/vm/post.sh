# SPDX-License-Identifier: GPL-2.0
. ./common.sh

# Each run of the command costs seconds under Bochs.
case $MACHINE in
bochs-*) N=5 CASES="pf_user_write bp" TIMERS=8 CALLS=40 FORKS=8 LEAST=1 ;;
*) N=20 CASES="ud pf_user_write gp_selector de bp" TIMERS=30 CALLS=300 FORKS=30 LEAST=5 ;;
esac

need_device
hold || finish

# symbol NAME: its address as records have it
symbol() { awk -v n="$1" '$3 == n { sub(/^0*/, "", $1); print "0x" $1; exit }' /proc/kallsyms; }

# field NAME: of each record on stdin, a line each
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

records() { grep '"type":"trap"' "$W/trace" | grep "\"vector\":$1,"; }
stage() { grep "\"stage\":\"$1\""; }

# trace COMMAND... -- PROGRAM...: records to $W/trace
trace() {
	rm -f "$W/trace"
	trapgate --json --ring 8M -o "$W/trace" "$@" >"$W/dump" 2>"$W/err"
}

# pairs FILE: of each CPU and vector, the records of each stage, in their order; prints
# the first that is no pair. A pre record may stay alone where a note says why.
pairs() {
	awk '
	function f(name,  s) {
		if (!match($0, "\"" name "\":\"?[^,\"}]*"))
			return ""
		s = substr($0, RSTART, RLENGTH)
		sub(/^[^:]*:"?/, "", s)
		return s
	}
	/"note":"post-unseen"/ { k = f("cpu") " " f("vector"); open[k]--; notes++; next }
	/"first_dropped":true/ { k = f("cpu") " " f("first_vector"); open[k]-- }
	/"first_vector"/ && !/"first_dropped":true/ {
		k = f("cpu") " " f("first_vector")
		open[k]--
	}
	/"type":"trap"/ {
		k = f("cpu") " " f("vector")
		if (/"stage":"pre"/) { open[k]++; pre++ } else { open[k]--; post++ }
		if (open[k] < 0) {
			print "a post record without its pre: " k " seq " f("seq")
			exit 1
		}
	}
	END {
		for (k in open)
			if (open[k] > 0) {
				print open[k] " without a post record: cpu, vector " k
				exit 1
			}
		print pre " pairs, " notes + 0 " notes"
	}' "$1"
}

# at_handler CASE VECTOR SYMBOL: stage all and post of what the case raises
at_handler()
{
	bug=$(hook_bug "$1")
	if has_bug "$bug" || has_bug "$(raise_bug "$1")"; then
		skip "inj_post_$1" "emulator: $bug $(raise_bug "$1")"
		return
	fi
	"$T/raise" "$1" $N >"$W/bare" 2>/dev/null
	trace -e "!exception 0n$2 stage all" -- "$T/raise" "$1" $N
	same_frame "inj_post_$1_handler" "$W/bare" "$W/dump"
	check "inj_post_$1_pairs" pairs "$W/trace"
	cat "$W/check"
	all=$(records "$2" | stage pre | grep -c .)
	between "inj_post_$1_pre" "$all" $N 100000
	equal "inj_post_$1_post" "$(records "$2" | stage post | grep -c .)" "$all"
	equal "inj_post_$1_rip" "$(records "$2" | stage post | field rip | sort -u)" \
		"$(symbol "$3")"
	equal "inj_post_$1_cpl" "$(records "$2" | stage post | field cpl | sort -u)" 0
	# in order: each pre before its post
	records "$2" | field stage |
		awk '{ want = NR % 2 ? "pre" : "post" } $1 != want { exit 1 }'
	equal "inj_post_$1_order" $? 0
	trace -e "!exception 0n$2 stage post" -- "$T/raise" "$1" $N
	equal "inj_post_$1_only" "$(records "$2" | field stage | sort -u)" post
	between "inj_post_$1_only_all" "$(records "$2" | grep -c .)" $N 100000
	# pre only: none of the other stage
	trace -e "!exception 0n$2 stage pre" -e "!exception 0n$2 stage post" -- \
		"$T/raise" "$1" $N
	records "$2" | stage pre | field event | sort -u >"$W/pre"
	records "$2" | stage post | field event | sort -u >"$W/post"
	equal "inj_post_$1_pre_only" "$(cat "$W/pre" "$W/post" | sort -u | grep -c .)" \
		$(($(grep -c . "$W/pre") + $(grep -c . "$W/post")))
	equal "inj_post_$1_both" "$(grep -c . "$W/pre") $(grep -c . "$W/post")" "1 1"
}
for case in $CASES; do
	case $case in
	ud) at_handler ud 6 asm_exc_invalid_op ;;
	pf_user_write) at_handler pf_user_write 14 asm_exc_page_fault ;;
	gp_selector) at_handler gp_selector 13 asm_exc_general_protection ;;
	de) at_handler de 0 asm_exc_divide_error ;;
	bp) at_handler bp 3 asm_exc_int3 ;;
	esac
done

# interrupts, of the highest class, too
interrupt()
{
	trace -e "!interrupt $1 stage all pid all" -- "$T/workload" $3
	check "inj_post_interrupt_$1_pairs" pairs "$W/trace"
	cat "$W/check"
	vector=$(printf %d "0x$1")
	between "inj_post_interrupt_$1" \
		"$(records "$vector" | stage post | grep -c .)" $LEAST 10000000
	equal "inj_post_interrupt_$1_rip" \
		"$(records "$vector" | stage post | field rip | sort -u)" "$(symbol "$2")"
	equal "inj_post_interrupt_$1_if" \
		"$(records "$vector" | stage post | field rflags |
		while read -r x; do echo $((x & 0x200)); done | sort -u)" 0
}
interrupt ec asm_sysvec_apic_timer_interrupt "timers $TIMERS"
if [ "$(nr_online)" -ge 2 ]; then
	interrupt fb asm_sysvec_call_function_single "calls $CALLS"
fi

# Everything, and the work goes right.
trace -e '!exception stage all pid all' -e '!interrupt stage all pid all' -- \
	"$T/workload" forks $FORKS
equal inj_post_everything_work $? 0
if grep -q '"type":"lost"' "$W/trace"; then
	skip inj_post_everything_pairs "records were lost: $(grep -c . "$W/trace")"
else
	check inj_post_everything_pairs pairs "$W/trace"
	cat "$W/check"
fi

# ---- injections

LAST=$(($(nr_online) - 1))

# hit NAME WANT WORDS: the victim gets what is injected
hit()
{
	local name=$1 want=$2
	shift 2
	rm -f "$W/ready"
	"$T/victim" $LAST "$W/ready" >"$W/victim" 2>&1 &
	victim=$!
	wait_for "$W/ready" $victim || { fail "$name" "no victim"; return; }
	check "${name}_taken" trapgate -e "inject $* core 0n$LAST pid 0n$(cat "$W/ready")"
	wait $victim
	equal "$name" "$(sed "$NORMAL" "$W/victim")" "$want"
}

NORMAL='s/address=0x[0-9a-f]* here=1/here=1/'
hit inj_type_user_de "SIGFPE code=1 here=1" 0
hit inj_type_user_ud "SIGILL code=2 here=1" '#UD'
hit inj_err_user_gp "SIGSEGV code=128 here=1" d error 18
NORMAL=
hit inj_cr2_user_pf "SIGSEGV code=1 address=0xdead000 here=1" e error 6 address 0xdead000
NORMAL='s/address=0x[0-9a-f]* here=1/here=1/'

# Not for somebody else, who sleeps.
rm -f "$W/ready"
sleep 1000 &
other=$!
"$T/victim" $LAST "$W/ready" 2 >"$W/victim" 2>&1 &
victim=$!
wait_for "$W/ready" $victim
check inj_type_user_other_taken trapgate -e "inject 6 core 0n$LAST pid 0n$other"
wait $victim
equal inj_type_user_other "$(cat "$W/victim")" none
kill -KILL $other
wait $other 2>/dev/null

# Interrupts and NMIs are counted, each once.
row() { awk -v r="$1:" -v c=$(($2 + 2)) '$1 == r { print $c }' /proc/interrupts; }
before=$(row PIN $LAST)
if [ -n "$before" ]; then
	trapgate -q -e "inject f2 force core 0n$LAST"
	equal inj_type_user_interrupt_status $? 0
	trapgate -q -e "inject f2 force core 0n$LAST"
	equal inj_type_user_interrupt $(($(row PIN $LAST) - before)) 2
else
	skip inj_type_user_interrupt "no row PIN in /proc/interrupts"
fi
before=$(row NMI $LAST)
trapgate -q -e "inject 2 core 0n$LAST"
equal inj_type_user_nmi_status $? 0
sleep 1
equal inj_type_user_nmi $(($(row NMI $LAST) - before)) 1

refused inj_type_user_reboot 1 'force' trapgate -e 'inject f8'
refused inj_type_user_df 1 'force' trapgate -e 'inject 8'
finish
