# SPDX-License-Identifier: GPL-2.0
. ./common.sh

need_device

# ---- the device: each verdict comes from the program
"$T/tgraw" abi >"$W/abi" 2>"$W/err"
status=$?
cat "$W/abi"
if [ $status -ne 0 ] && ! grep -q '^FAIL' "$W/abi"; then
	fail abi "status $status: $(tail -n 1 "$W/err")"
fi
between abi_number_of_checks "$(grep -c '^[PF]A' "$W/abi")" 200 1000
equal abi_unloaded_after "$(state)" 0

# ---- the command: NAME|PATTERN|COMMAND; it ends with 1 and changes nothing
events() { "$T/tgraw" info | sed -n 's/.*events=\([0-9]*\).*/\1/p'; }
hold || finish
while IFS='|' read -r name pattern command; do
	[ -n "$name" ] || continue
	refused "input_$name" 1 "$pattern" trapgate -e "$command"
done <<'END'
unknown_command|nosuchcommand|nosuchcommand
exception_vector_20|20|!exception 20
exception_vector_text|zz|!exception zz
exception_vector_neg|-1|!exception -1
exception_vector_large|ffffffffff|!exception ffffffffffffffffff
interrupt_vector_1f|1f|!interrupt 1f
interrupt_vector_100|100|!interrupt 100
interrupt_vector_text|xyz|!interrupt xyz
two_vectors|3|!exception 0 3
pid_missing|pid|!exception 0 pid
pid_text|nobody|!exception 0 pid nobody
pid_gone|fffff0|!exception 0 pid fffff0
pid_neg|-5|!exception 0 pid -5
pid_large|1ffffffff|!exception 0 pid 1ffffffff
pid_twice|pid|!exception 0 pid 1 pid 1
pid_name_empty|name|!exception 0 pid name:
core_missing|core|!exception 0 core
core_text|zero|!exception 0 core zero
core_none|ff|!exception 0 core ff
core_neg|-1|!exception 0 core -1
core_twice|core|!exception 0 core 0 core 0
sc_missing|sc|!exception 6 sc
sc_text|maybe|!exception 6 sc maybe
sc_twice|sc|!exception 6 sc on sc off
stage_missing|stage|!exception 6 stage
stage_text|during|!exception 6 stage during
stage_post_swallow|cannot be used together|!exception 6 pid 1 stage post sc on
stage_all_swallow|cannot be used together|!exception 6 pid 1 sc on stage all
inject_nothing|vector|inject
inject_vector|100|inject 100
inject_type|fault|inject 6 type fault
inject_nmi_vector|NMI|inject 3 type nmi
inject_nmi_as_exception|NMI|inject 2 type exception
inject_interrupt_low|0x20 to 0xff|inject 1f type interrupt
inject_exception_high|0 to 0x1f|inject 20 type exception
inject_reserved|no exception|inject f
inject_int3|instruction|inject 3
inject_int3_length|length|inject 3 type int3-into
inject_length_10|1 to 15|inject 80 type int-n length 10
inject_length_hardware|software events|inject 6 length 2
inject_error_none|no error code|inject 6 error 0
inject_error_zero|always 0|inject 11 error 4
inject_error_bits|16 bits|inject d error 10000
inject_pf_address|CR2|inject e error 4
inject_address_other|page fault|inject d address 1000
inject_df|force|inject 8
inject_mc|force|inject 12
inject_nm|#NM|inject 7
inject_pf_of_kernel|bit 2|inject e address 1000
inject_pf_fetch|bit 2|inject e error 12 address 1000
inject_pf_rsvd|clear bit 3|inject e error c address 1000
inject_timer|force|inject ec
inject_int80|int-n|inject 80
inject_spurious|spurious|inject ff
inject_spurious_force|spurious|inject ff force
inject_nmi_pid|take no pid|inject 2 pid 1
inject_pid_gone|process|inject 6 pid fffff0
inject_core_none|core|inject 6 core ff
imm_missing|imm|!exception 6 imm
imm_text|perhaps|!exception 6 imm perhaps
script_later|script|!exception 6 script { }
condition_later|condition|!exception 6 condition { 90 }
code_later|code|!exception 6 code { 90 }
buffer_later|buffer|!exception 6 buffer 10
output_later|output|!exception 6 output { a }
unknown_option|frobnicate|!exception 6 frobnicate 1
events_no_such|7|events e 7
events_text|what|events e what
events_bad_letter|x|events x 0
settings_radix|3|settings radix 3
settings_unknown|nosuch|settings nosuch 1
settings_limit_0|0|settings swallow-limit 0
settings_limit_large|1000001|settings swallow-limit 0n1000001
END
equal input_no_events_left "$(events)" 0
release

# ---- usage of the command line: 2
for args in "--nosuch" "-e" "-f" "-o" "-f /nonexistent/file"; do
	trapgate $args >"$W/usage" 2>&1 </dev/null
	status=$?
	name=$(echo "$args" | tr -dc 'a-z')
	if [ "$args" = "-f /nonexistent/file" ]; then
		equal "usage_$name" $status 1
	else
		equal "usage_$name" $status 2
	fi
	[ -s "$W/usage" ] && pass "usage_${name}_said" || fail "usage_${name}_said" "nothing said"
done
trapgate -e '!exception 6' -- /nonexistent/program >"$W/usage" 2>&1
between usage_no_program $? 1 127

# ---- somebody without the right
refused no_right 1 'permission|root|CAP_SYS_ADMIN' su user -s /bin/sh \
	-c "trapgate -e '!exception 6'"
equal no_right_unloaded "$(state)" 0

# ---- exit status of the program passes through
trapgate -e '!exception 0' -- sh -c 'exit 37' >/dev/null 2>&1
equal command_exit_status $? 37
equal command_leaves_nothing "$(state)" 0
finish
