# SPDX-License-Identifier: GPL-2.0
. ./common.sh

# Nothing to compare with where the emulator itself gets the debug exceptions
# wrong, or says that INT n was something else.
for bug in debug-hang exc-db-tf nest-np-int-n; do
	emulator_bug $bug || continue
	skip fuzz "emulator: $bug"
	finish
done

# Two emulated CPUs cost an order of magnitude more than one.
if [ "$(nr_online)" = 1 ]; then
	COUNT=${FUZZ_COUNT:-150} SEEDS=${FUZZ_SEEDS:-"1 2"}
else
	COUNT=${FUZZ_COUNT:-40} SEEDS=${FUZZ_SEEDS:-3}
fi

SAID=$(dmesg | wc -l)
for seed in $SEEDS; do
	check "bare_fuzz_$seed" sh -c "'$T/fuzz' $seed $COUNT >'$W/bare.$seed'"
	"$T/fuzz" "$seed" "$COUNT" >"$W/again"
	same "bare_fuzz_${seed}_repeats" "$W/bare.$seed" "$W/again"
done

need_device
hold || finish

# hooked NAME OPTIONS: all seeds, with these events
hooked()
{
	name=$1
	shift
	start "$@" || return
	for seed in $SEEDS; do
		"$T/fuzz" "$seed" "$COUNT" >"$W/got" 2>"$W/fuzz.err" ||
			fail "${name}_${seed}_ran" "status $?: $(head -n 1 "$W/fuzz.err")"
		same "${name}_$seed" "$W/bare.$seed" "$W/got"
	done
	stop
	[ "$name" = native_fuzz ] ||
		between "${name}_seen" "$(value "$W/summary" hits)" 1000 10000000
}

hooked native_fuzz -q
hooked inj_movss_fuzz_db -e 1
hooked inj_movss_fuzz_exceptions -e all
hooked inj_movss_fuzz_everything -e all -i all
# With a ring that is always full: losing records changes nothing either.
hooked inj_movss_fuzz_full_ring -e all -b 4096 -q
release

# entry failures panic or complain; the one warning allowed is the kernel's own
dmesg | tail -n +$((SAID + 1)) | grep -E 'BUG:|Oops|WARNING:|VM entry' |
	grep -v exc_debug >"$W/said"
if [ -s "$W/said" ]; then
	fail fuzz_kernel_says_nothing "$(head -n 1 "$W/said")"
else
	pass fuzz_kernel_says_nothing
fi
finish
