# SPDX-License-Identifier: GPL-2.0
. ./common.sh

need_device
N=5

# on COMMAND... -- PROG...: trapgate with these commands around the program
on() { timeout 60 trapgate "$@" >"$W/out" 2>"$W/trace"; STATUS=$?; }
# The lines of the trace that scripts and the hypervisor made.
trace() { grep -v -e '^event [0-9a-fx]*: !' -e ' hits, ' "$W/trace"; }
hits() { sed -n 's/^event 0: \([0-9]*\) hits.*/\1/p' "$W/trace"; }
same_text() { trace >"$W/got"; same "$1" "$2" "$W/got"; }

SKIP_UD='@rip = @rip + 2; event_sc(1);'
words() { sed -n 's/.*words=\([^ ]*\).*/\1/p' "$W/out"; }

# ---- values: exact against what the program does

on -q -e "!exception 6 script { printf(\"%llx %llx %llx %llx %llx %llx %llx %llx %llx\\n\", @rax, \
@rcx, @rdx, @rbx, @rbp, @r8, @r11, @r12, @r15); printf(\"%s %s %d %llx %llx %llx %llx %d\\n\", \
\$name, \$pname, \$cpl, \$error, \$vector, \$context, \$event_id, @cf); }" -- "$T/scripted" ud 1
{
	echo '101010101010101 202020202020202 303030303030303 404040404040404 606060606060606'\
' 909090909090909 1212121212121212 1313131313131313 1616161616161616'
	echo '#UD scripted 3 0 6 6 0 0'
} >"$W/want"
same_text values "$W/want"
equal values_delivered $STATUS 9
on -q -e '!exception 6 script { printf("%d %d %d\n", $pid, $tid, $core); }' \
	-- sh -c "echo \$\$ >$W/pid; exec $T/scripted ud 1 0"
echo "$(cat "$W/pid") $(cat "$W/pid") 0" >"$W/want"
same_text values_pid "$W/want"
on -q -e '!exception 6 script { printf("%s|%s|%ws|%d\n", @rsi, "text", L"wide", strlen(@rsi)); }' \
	-- "$T/scripted" ud 1
echo 'read only|text|wide|9' >"$W/want"
same_text values_strings "$W/want"
on -q -e '!exception 6 script { printf("%d %d %d\n", poi(@rip) == poi(@rip), dw(@rip), '\
'(virtual_to_physical(@rip) & fff) == (@rip & fff)); }' -- "$T/scripted" ud 1
echo '1 2831 1' >"$W/want"		# 0f 0b
same_text values_code "$W/want"

# ---- page faults: address, error code, and a condition that counts exactly

on -q -e '!exception e when { $address >= 10000000 && $address < 1000c000 } script { '\
'printf("%llx %llx\n", $address, $error); }' -- "$T/scripted" faults 5 7
i=0
while [ $i -lt 12 ]; do
	[ $i -lt 5 ] && error=4 || error=6
	printf '%x %x\n' $((0x10000000 + i * 4096)) $error
	i=$((i + 1))
done >"$W/want"
same_text faults_address_error "$W/want"
on -e '!exception e when { $error & 2 && $address - 10000000u < 0xc000u }' \
	-- "$T/scripted" faults 5 7
equal when_counts "$(hits)" 7
equal when_records "$(grep -c ' 0e #PF ' "$W/trace")" 7
on -e '!exception e when { $address - 10000000u < 0xc000u }' -- "$T/scripted" faults 5 7
equal when_counts_all "$(hits)" 12

# ---- order of text and records, actions in their order

on -q -e '!exception 6 script { printf("before\n"); } trace script { printf("after\n"); }' \
	-- "$T/scripted" ud 1
equal order "$(sed -e 's/.*#UD.*/trace/' "$W/trace" | tr '\n' ' ')" "before trace after "
on -q -e "!exception 6 script { printf(\"%d\\n\", .n); .n++; $SKIP_UD }" -- "$T/scripted" plain 500
seq 0 499 >"$W/want"
same_text order_500 "$W/want"
equal order_500_goes_on $STATUS 0
on -q -e "!exception 6 script { for (i = 0; i < 0n30; i++) { printf(\"%050d\", i); } \
printf(\"\\n\"); $SKIP_UD }" -- "$T/scripted" plain 3
equal long_text "$(trace | awk '{ print length($0) }' | tr '\n' ' ')" "1500 1500 1500 "

# ---- what a script changes is seen by the program

on -q -e "!exception 6 script { $SKIP_UD @rax = 1111; @rbx = 2222; @rbp = 3333; @r8 = 4444; \
@r12 = 5555; @r15 = 6666; @cf = 1; eq(@rdi, 7777); eb(@rdi + 8, ab); }" -- "$T/scripted" ud $N
equal changed "$(cat "$W/out")" \
	"rax=1111 rcx=202020202020202 rdx=303030303030303 rbx=2222 rbp=3333 r8=4444 \
r9=1010101010101010 r10=1111111111111111 r11=1212121212121212 r12=5555 r13=1414141414141414 \
r14=1515151515151515 r15=6666 cf=1 words=7777,22222222222222ab text=read only"
on -e "!exception 6 script { $SKIP_UD }" -- "$T/scripted" ud $N
equal skipped_regs "$(sed 's/ cf=.*//' "$W/out")" \
	"rax=101010101010101 rcx=202020202020202 rdx=303030303030303 rbx=404040404040404 \
rbp=606060606060606 r8=909090909090909 r9=1010101010101010 r10=1111111111111111 \
r11=1212121212121212 r12=1313131313131313 r13=1414141414141414 r14=1515151515151515 \
r15=1616161616161616"
equal skipped_swallowed "$(sed -n 's/.* hits, \([0-9]*\) swallowed.*/\1/p' "$W/trace")" $N
on -e "!exception 6 script { $SKIP_UD }" -- "$T/scripted" plain 3000	# beyond the swallow limit
equal skipped_no_limit $STATUS 0
on -e 'settings swallow-limit 0n50' -e '!exception 6 script { event_sc(1); }' \
	-- "$T/scripted" plain 1
equal swallow_limit_delivers $STATUS 9
equal swallow_limit_said "$(grep -c 'disabled: it swallowed 06 #UD' "$W/trace")" 1
on -e 'settings swallow-limit 0n1000' -e '!exception 6 sc on script { event_sc(0); }' \
	-- "$T/scripted" plain 1
equal sc_off_by_script $STATUS 9
if has_bug "$(hook_bug bp)"; then
	skip int3_stepped_over "emulator: $(hook_bug bp)"
	skip int3_moved "emulator: $(hook_bug bp)"
else
	on -q -e '!exception 3 script { event_sc(1); }' -- "$T/scripted" int3 4
	equal int3_stepped_over "$(cat "$W/out")" 2
	on -q -e '!exception 3 script { @rip = @rip + 3; event_sc(1); }' -- "$T/scripted" int3 4
	equal int3_moved "$(cat "$W/out")" 1
fi
# sends interrupts and exceptions of others away: needs force
refused force_needed 1 force trapgate -e '!exception 6 script { event_sc(1); }'
refused force_needed_timer 1 force trapgate -e '!interrupt ec script { event_sc(1); }'

# ---- what cannot be: an error that names place and address, the machine goes on

fails()
{
	name=$1 want=$2 script=$3
	on -q -e "!exception 6 script { $script }" -- "$T/scripted" plain 1
	equal "fails_$name" "$(trace)" "event 0: script:1: $want"
	equal "fails_${name}_delivered" $STATUS 9
}
fails null 'cannot read the memory at 0' 'x = poi(0);'
fails absent 'cannot read the memory at 123456789000' 'x = poi(123456789000);'
fails absent_kernel 'cannot read the memory at ffffc7ffffff0000' 'x = poi(ffffc7ffffff0000);'
fails noncanonical 'cannot read the memory at 800000000000' 'x = poi(800000000000);'
fails noncanonical_high 'cannot read the memory at ff00000000000000' 'x = db(ff00000000000000);'
fails device 'cannot read the memory at ffffffffff5fb020' 'x = dd(ffffffffff5fb020);'
fails device_phys 'physical address fee00020 is not RAM' 'x = dd_pa(fee00020);'
fails vga_phys 'physical address a0000 is not RAM' 'ed_pa(a0000, 1);'
fails beyond_phys 'physical address 10000000000000 is not RAM' 'x = dq_pa(10000000000000);'
fails wrap_phys 'physical address ffffffffffffffff is not RAM' 'x = dq_pa(ffffffffffffffff);'
fails string 'cannot read the memory at 123456789000' 'printf("%s", 123456789000);'
fails code 'cannot read the memory at 800000000000' 'x = disassemble_len(800000000000);'
fails to_phys 'cannot read the memory at 0' 'x = virtual_to_physical(0);'
fails write_absent 'cannot write to the memory at 123456789000' 'x = 123456789000; *x = 5;'
fails write_device 'cannot write to the memory at ffffffffff5fb020' \
	'memcpy(ffffffffff5fb020, @rip, 4);'
fails write_noncanonical 'cannot write to the memory at 800000000000' \
	'memcpy(800000000000, @rip, 4);'
on -q -e '!exception 6 script { printf("%d%d%d%d\n", eq(0, 1), ed(123456789000, 1), '\
'eb(800000000000, 1), ed(ffffffffff5fb020, 1)); }' -- "$T/scripted" plain 1
equal edit_nothing_there "$(trace)" 0000
on -q -e '!exception 6 script { eb(@rip, 90); }' -- "$T/scripted" plain 1
equal fails_write_text "$(trace | sed 's/ at [0-9a-f]* / at X /')" \
	"event 0: script:1: the memory at X is read-only"
on -q -e 'settings allow-write-protect yes' -e '!exception 6 script { eb(@rsi, 41); }' \
	-- "$T/scripted" ud 1
equal fails_write_shared "$(trace | sed 's/ at [0-9a-f]* / at X /' | tail -n 1)" \
	"event 0: script:1: the memory at X is read-only"
banner='eb(nt!linux_banner, 4d); printf("%c%s\n", db(nt!linux_banner), nt!linux_banner + 1); '\
'eb(nt!linux_banner, 4c);'
on -q -e "!exception 6 script { $banner }" -- "$T/scripted" plain 1
equal write_kernel "$(trace | cut -c 1-18 | head -n 1)" 'Minux version '"$(uname -r | cut -c 1-4)"
trapgate -q -e 'settings allow-write-protect no'
on -q -e "!exception 6 script { $banner }" -- "$T/scripted" plain 1
equal fails_write_kernel "$(trace | sed 's/ at [0-9a-f]* / at X /')" \
	"event 0: script:1: the memory at X is read-only"
fails divide 'division by zero' 'x = 5; y = x / .zero;'
fails smallest 'the smallest number divided by -1 does not fit' \
	'long x = 1; x = x << 0n63; long y = .zero - 1; z = x / y;'
fails shift 'shift by 40: the width of the value is not larger' 'n = 40; x = 1 << n;'
# (an endless loop: below, with its limits)
fails recursion 'calls are nested too deep' 'int deep(int n) { return deep(n + 1); } x = deep(0);'
fails rip 'that register cannot hold the value 8000000000000000' '@rip = 8000000000000000;'
fails rflags 'that register cannot hold the value 0' '@rflags = 0;'
fails vm86 'that register cannot hold the value 20002' '@rflags = 20002;'
fails cr0 'that register cannot hold the value 0' '@cr0 = 0;'
fails cr4 'that register cannot hold the value 0' '@cr4 = 0;'
fails cr3 'that register cannot hold the value fee00000' '@cr3 = fee00000;'
fails dr7 'that register cannot hold the value 100000000' '@dr7 = 100000000;'
fails ss 'that register cannot hold the value 0' '@ss = 0;'
fails peb 'that value does not exist here' 'print($peb);'
fails no_event 'there is no event 77' 'event_disable(77);'
fails pause 'not possible here' 'pause();'
on -q -e '!exception 6 script { printf("%d%d%d%d\n", check_address(0), '\
'check_address(800000000000), check_address(@rip), check_address($thread)); }' \
	-- "$T/scripted" plain 1
equal check_address "$(trace)" 0011

# ---- behind the delivery

on -q -e '!exception 6 stage all script { printf("%d %d %d\n", $event_stage, $cpl, $ip == '\
'nt!asm_exc_invalid_op); }' -- "$T/scripted" ud 1
printf '0 3 0\n1 0 1\n' >"$W/want"
same_text post_stage "$W/want"
on -q -e '!exception 6 stage all script { '\
'if ($event_stage == 0) { .rip = @rip; .rsp = @rsp; } else { printf("%d %d %d\n", '\
'poi(@rsp) == .rip, poi(@rsp + 8) & 3, poi(@rsp + 18) == .rsp); } }' -- "$T/scripted" ud 1
equal post_stage_frame "$(trace)" "1 3 1"
on -e '!exception e stage post when { $event_stage && @cr2 - 10000000u < 0xc000u }' \
	-- "$T/scripted" faults 5 7
equal post_stage_when "$(hits)" 12
# the return address is the handler's to use: past the UD2, and no signal
on -q -e '!exception 6 stage post script { event_sc(1); }' -- "$T/scripted" plain 1
equal post_stage_too_late "$(trace)" "event 0: script:1: not possible here"

# ---- injection: another exception instead of the one swallowed

inject()
{
	on -q -e "!exception 6 $4 script { $SKIP_UD $2 }" \
		-- sh -c "$T/scripted plain 1 2>/dev/null; echo \$?"
	equal "inject_$1" "$(cat "$W/out")" "$3"
}
inject de 'event_inject(3, 0);' 136
inject ud 'event_inject(3, 6);' 9
inject ss 'event_inject_error_code(3, 0c, 0);' 135
inject pf '@cr2 = 123456789000; event_inject_error_code(3, 0e, 4);' 139
inject timer 'event_inject(0, 0xec);' 0 force
fails inject_timer \
	"that interrupt is the kernel's own: only an event with force injects it" \
	'event_inject(0, ec);'
fails inject_int80 \
	"that interrupt is the kernel's own: only an event with force injects it" \
	'event_inject(0, 80);'
fatal='the kernel does not survive it in most cases: only an event with force injects it'
for what in 'event_inject(3, 7);' 'event_inject_error_code(3, 0e, 12);' 'event_inject(3, 0e);'; do
	fails "inject_fatal_$(echo "$what" | tr -dc 0-9a-f)" "$fatal" "$what"
done
fails inject_spurious 'an event of this type and vector cannot be injected: ff' \
	'event_inject(0, ff);'
fails inject 'an event of this type and vector cannot be injected: 340' 'event_inject(3, 40);'
fails inject_error 'an event of this type and vector cannot be injected: 306' \
	'event_inject_error_code(3, 6, 1);'

# ---- what a script drops

on -q -e '!exception 6 script { printf("dropped\n"); flush(); printf("kept\n"); }' \
	-- "$T/scripted" ud 1
trace >"$W/flush"
equal flush_kept "$(tail -n 1 "$W/flush")" kept
equal flush_dropped "$(grep -c '^dropped' "$W/flush")" 0
said='^event 0: flush() in its script dropped 1 records that nobody had read'
equal flush_said "$(grep -c "$said" "$W/flush")" 1

# ---- limits: instructions, time, errors

trapgate -q -e 'settings script-time 0n1000' -e 'settings fuel 0n20000'
on -q -e '!exception 6 script { while (1) { .spins++; } } script { printf("%d\n", .spins); }' \
	-- "$T/scripted" plain 1
equal fuel_said "$(trace | head -n 1)" \
	'event 0: script:1: too many instructions: is there an endless loop?'
spins=$(trace | tail -n 1)
on -q -e 'settings fuel 0n40000' -e '!exception 6 script { while (1) { .spins++; } } script { '\
'printf("%d\n", .spins); }' -- "$T/scripted" plain 1
# a turn costs two; the first is straight-line code, which costs nothing
equal fuel_twice "$(trace | tail -n 1)" 20001
equal fuel_exact "$spins" 10001
on -q -e 'settings fuel 0n1000000000' -e 'settings script-time 0n20' \
	-e '!exception 6 script { while (1) { .spins++; } }' -- "$T/scripted" plain 1
equal time_said "$(trace)" 'event 0: script:1: it took too long'
trapgate -q -e 'settings fuel 0n100000' -e 'settings script-time 0n10'
on -e 'settings script-errors 7' -e "!exception 6 script { $SKIP_UD } script { .runs++; \
x = poi(0); }" -- "$T/scripted" plain 20
equal errors_exact "$(trace | grep -c 'cannot read the memory at 0')" 7
equal errors_said "$(trace | grep -c 'disabled: its scripts failed 7 times')" 1
equal errors_hits "$(hits)" 7
equal errors_then_delivered $STATUS 9
trapgate -q -e 'settings script-errors 0n100'
on -e "!exception 6 script { $SKIP_UD } script { .k++; if (.k & 1) { x = poi(0); } }" \
	-- "$T/scripted" plain 150
equal errors_default "$(trace | grep -c 'cannot read')" 75
equal errors_default_alive $STATUS 0

# ---- globals over processors; locks

cpus=$(nr_online)
last=$((cpus - 1))
on -q -e "!exception 6 script { $SKIP_UD n = interlocked_increment(&.n); \
if (n == 0n2000) { printf(\"all %d\\n\", n); } }" -- \
	sh -c "$T/scripted plain 1000 0 & $T/scripted plain 1000 $last; wait"
equal globals_interlocked "$(trace)" 'all 2000'
# the holder's processor may not run for a while, where it is emulated
on -q -e 'settings fuel 0n1000000000' -e 'settings script-time 0n1000' \
	-e "!exception 6 script { $SKIP_UD spinlock_lock(&.lock); .n++; n = .n; \
spinlock_unlock(&.lock); if (n == 0n2000) { printf(\"all %d\\n\", n); } }" -- \
	sh -c "$T/scripted plain 1000 0 & $T/scripted plain 1000 $last; wait"
equal globals_lock "$(trace)" 'all 2000'
trapgate -q -e 'settings fuel 0n100000' -e 'settings script-time 0n10'
# a lock that a failed run held is free again
on -q -e "!exception 6 script { $SKIP_UD spinlock_lock(&.lock); .n++; if (.n < 3) { x = poi(0); } \
printf(\"%d\\n\", .n); }" -- "$T/scripted" plain 3
equal globals_lock_released "$(trace | tail -n 1)" 3
on -q -e "!exception 6 buffer 0n64 script { $SKIP_UD eq(\$buffer + 8, poi(\$buffer + 8) + 1); \
printf(\"%d\\n\", poi(\$buffer + 8)); }" -- "$T/scripted" plain 3
equal buffer "$(trace | tr '\n' ' ')" "1 2 3 "

# ---- events by scripts

on -q -e "!exception 6 script { $SKIP_UD .n++; if (.n == 3) { event_disable(1); } }" \
	-e '!exception 6 script { printf("x\n"); }' -- "$T/scripted" plain 10
equal event_disable "$(trace | grep -c x)" 2
on -q -e "!exception 6 script { .n++; if (.n == 4) { event_clear(0); printf(\"gone\\n\"); } \
$SKIP_UD }" -- "$T/scripted" plain 10
equal event_clear_itself "$(trace)" gone
equal event_clear_delivered $STATUS 9
# one that is off asks for itself; by eval with nothing armed
on -q -e "!exception 6 script { $SKIP_UD }" -e '!exception 6 script { printf("x\n"); }' \
	-e 'events d all' -e '? event_enable(0); event_enable(1);' -- "$T/scripted" plain 3
equal event_enable_by_eval "$(trace | grep -cx x) $STATUS" '3 0'
on -q -e '!exception 6' -e '!exception 7' -e 'events d all' -e '? event_clear(0);' -e events -- true
equal event_clear_by_eval "$(cut -f 1 "$W/trace" | grep -x '[0-9]*' | tr '\n' ' ')" '1 '
# after too many errors it starts over
on -q -e 'settings script-errors 2' -e 'settings script-time 0n1000' \
	-e "!exception 6 script { x = poi(0); }" -e "!exception 6 script { $SKIP_UD .k++; \
if (.k == 5) { event_enable(0); } microsleep(0n1000); }" -- "$T/scripted" plain 200
trapgate -q -e 'settings script-errors 0n100' -e 'settings script-time 0n10'
equal event_enable_after_errors "$(trace | grep -c 'cannot read') $STATUS" '4 0'

# ---- without an event

equal eval_root "$(trapgate -q -e 'load vmm' -e '? printf("%d %s\n", $cpl, $pname);' \
	-e 'eval 5 + 3' | tr '\n' ' ')" "0 trapgate 8 "
refused eval_fails 1 'script:1: run-time error: cannot read the memory at 0' \
	trapgate -e 'load vmm' -e '? x = poi(0);'
refused eval_registers 1 'only an event can set registers' trapgate -e 'load vmm' -e '? @rax = 5;'
refused eval_no_event 1 'that value does not exist here' trapgate -e 'load vmm' -e 'eval $vector'
refused eval_loop 1 'too many instructions|it took too long' trapgate -e 'load vmm' \
	-e '? while (1) { .x++; }'
cat >"$W/commands" <<'END'
!exception 6 pid 0n1 script {
	x = 1;
	y = x +;
}
END
refused compile_error 1 'commands:3:9: error' trapgate -f "$W/commands"
on -q -f "$T/faults.tg" -- "$T/scripted" faults 5 150
equal example_faults "$(trace | head -n 1 | cut -c 1-11)" '100 faults:'

# ---- translated and interpreted: the same text and the same errors

both()
{
	name=$1 script=$2
	trapgate -q -e 'settings jit off'
	on -q -e "!exception 6 script { $SKIP_UD $script }" -- "$T/scripted" ud 3
	trace >"$W/want"
	cat "$W/out" >>"$W/want"
	trapgate -q -e 'settings jit on'
	on -q -e "!exception 6 script { $SKIP_UD $script }" -- "$T/scripted" ud 3
	trace >"$W/got"
	cat "$W/out" >>"$W/got"
	same "jit_$name" "$W/want" "$W/got"
}
equal jit_default "$(trapgate -e 'settings jit')" 'jit on'
trapgate -q -e 'settings script-time 0n1000'
both loop 'for (i = 0; i < 0n1000; i++) { .s = .s + i; if (i & 1) { continue; } .t = .t ^ i; } '\
'printf("%d %x\n", .s, .t);'
both recursion 'int fib(int n) { if (n < 2) { return n; } return fib(n - 1) + fib(n - 2); } '\
'printf("%d\n", fib(0n15));'
both deep 'int deep(int n) { return deep(n + 1); } .n++; x = deep(0);'
both depth_200 'int down(int n) { if (n == 0) { printf("%.3f %s\n", 1.5, @rsi); return 0; } '\
'return 1 + down(n - 1); } printf("%d\n", down(0n200));'
both memory 'long a[4]; for (i = 0; i < 4; i++) { a[i] = poi(@rdi) + i; } eq(@rdi, a[3]); '\
'printf("%llx %s %d\n", a[2], @rsi, memcmp(@rdi, @rdi, 8)); x = poi(0);'
both index 'int a[4]; i = 0; while (1) { a[i] = 1; i++; .i++; }'
both float 'double d = 1.5; for (i = 0; i < 5; i++) { d = d * 1.25; } printf("%f\n", d);'
both fuel 'while (1) { .spins++; }'
both registers '@rax = @rbx + @rcx; @r9 = @rip - @rip; @cf = 1; printf("%llx %llx %d\n", @rax, '\
'@rflags & 1, $cpl);'
both divide 'x = 7 / .zero;'
trapgate -q -e 'settings fuel 0n1000000'
time_of()
{
	trapgate -q -e "settings jit $1"
	on -q -e "!exception 6 script { $SKIP_UD t = rdtsc(); for (i = 0; i < 0n20000; i++) { \
.s = .s * 3 + i; } printf(\"%d\\n\", rdtsc() - t); }" -- "$T/scripted" plain 1
	trace
}
off=$(time_of off)
translated=$(time_of on)
between jit_faster $((off / (translated + 1))) 2 1000
trapgate -q -e 'settings fuel 0n100000' -e 'settings script-time 0n10'

# ---- images from somebody hostile

check bad_images "$T/scripted" bad 1
equal bad_images_nothing_left "$("$T/tgraw" info | sed -n 's/.*events=\([0-9]*\).*/\1/p')" 0

check slow_images "$T/scripted" slow

# ---- under load: scripts on timers and page faults of everybody, loaded and unloaded

n=0
ok=0
while [ $n -lt 10 ]; do
	timeout 60 trapgate -q -e '!interrupt script { .t++; @rax = @rax; @r15 = @r15; }' \
		-e '!exception e script { .f++; x = $address; @rbx = @rbx; @rcx = @rcx; }' \
			-- "$T/workload" forks 3 >"$W/load" 2>&1 && ok=$((ok + 1))
	n=$((n + 1))
done
equal load_unload_running $ok 10
check alive "$T/workload" forks 20
equal unloaded "$(state)" 0
finish
