# SPDX-License-Identifier: GPL-2.0
. ./common.sh

N=3

# The rule of event-delivery.md that a case proves.
rule()
{
	case $1 in
	de|ud|mf|xm) echo inj_type ;;
	db_tf_cpuid) echo exit_skip ;;
	db_tf_movss) echo inj_movss ;;
	db_*) echo inj_dr6 ;;
	bp|int1) echo inj_rip ;;
	int_n3|int_n4|gp_int_dpl|gp_int1_dpl) echo inj_dpl ;;
	*) echo inj_err ;;
	esac
}

names=$("$T/raise" -l | cut -d ' ' -f 1)
vector_of() { "$T/raise" -l | sed -n "s/^$1 vector=\([0-9a-f]*\) .*/\1/p"; }

possible=
for name in $names; do
	"$T/raise" "$name" $N >"$W/bare.$name" 2>"$W/err"
	case $? in
	0) pass "bare_$name"; possible="$possible $name" ;;
	77) skip "bare_$name" "$(tail -n 1 "$W/err")" ;;
	*)
		bug=$(raise_bug "$name")
		if has_bug "$bug"; then
			skip "bare_$name" "emulator: $bug: $(tail -n 1 "$W/err")"
		else
			fail "bare_$name" "$(tail -n 1 "$W/err")"
		fi
		;;
	esac
done

unsafe=$(unsafe_cases)
"$T/raise" -a $N $unsafe >"$W/bare" 2>/dev/null

need_device
hold || finish

safe=
for name in $possible; do
	if has_bug "$(nest_bug "$name")"; then
		skip "native_$name" "emulator: $(nest_bug "$name")"
		continue
	fi
	safe="$safe $name"
	"$T/raise" "$name" $N >"$W/dump" 2>&1
	same_frame "native_$name" "$W/bare.$name" "$W/dump"
done

for name in $safe; do
	id=$(rule "$name")_$name
	rm -f "$W/trace"
	"$T/tgraw" run -e "$(vector_of "$name")" -P -o "$W/trace" -S "$W/sum" -- \
		"$T/raise" "$name" $N >"$W/dump" 2>"$W/err"
	bug=$(hook_bug "$name")
	if has_bug "$bug"; then
		skip "${id}_handler" "emulator: $bug"
		skip "${id}_trace" "emulator: $bug"
		continue
	fi
	same_frame "${id}_handler" "$W/bare.$name" "$W/dump"
	check "${id}_trace" "$T/raise" -c "$name" $N "$W/trace"
done

# The address of a page fault reaches the handler although root mode ran.
for name in $possible; do
	case $name in pf_user_*) ;; *) continue ;; esac
	"$T/tgraw" run -e all -i all -S "$W/sum" -- "$T/raise" "$name" $N \
		>"$W/dump" 2>&1
	same_frame "inj_cr2_$name" "$W/bare.$name" "$W/dump"
done

# All 32 at once and for everybody.
"$T/tgraw" run -e all -S "$W/sum" -- "$T/raise" -a $N $unsafe >"$W/dump" 2>&1
grep -v '^raise:' "$W/dump" >"$W/dump2"
if has_bug exc-db-tf; then	# single steps are among them
	grep -v '^db_' "$W/bare" >"$W/bare2"
	grep -v '^db_' "$W/dump2" >"$W/dump"
	mv "$W/bare2" "$W/bare"
	mv "$W/dump" "$W/dump2"
fi
same_frame "inj_type_all_vectors" "$W/bare" "$W/dump2"

# The same through the command.
for name in de bp pf_user_write ud gp_selector; do
	rm -f "$W/trace"
	trapgate --json -o "$W/trace" -e '!exception' -- "$T/raise" "$name" $N \
		>"$W/dump" 2>"$W/err"
	equal "command_${name}_status" $? 0
	if has_bug "$(hook_bug "$name")"; then
		skip "command_${name}_trace" "emulator: $(hook_bug "$name")"
		continue
	fi
	same_frame "command_${name}_handler" "$W/bare.$name" "$W/dump"
	check "command_${name}_trace" "$T/raise" -c "$name" $N "$W/trace"
done

finish
