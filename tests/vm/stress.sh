# SPDX-License-Identifier: GPL-2.0
# stress-ng's faults, signals, timers, traps and forks: bare, loaded and with
# everything hooked, one after the other for each, so that their throughputs can
# be compared on a host that does other things, too.
. ./common.sh

SECONDS_EACH=${SECONDS_EACH:-3}
FAULTS="fault bad-altstack stackmmap"
SIGNALS="signal sigabrt sigchld sigfd sigfpe sigio signest sigpending sigq sigrt sigsegv sigsuspend
	sigtrap kill"
TIMERS="timer timerfd itimer alarm nanosleep hrtimers clock sleep"
TRAPS="priv-instr fp-error opcode ptrace"
FORKS="fork vfork clone daemon context switch"

# stress PHASE NAME: its throughput, operations a second, to $W/NAME.PHASE
stress()
{
	local status
	rm -f "$W/$2.$1"
	timeout 60 stress-ng "--$2" "$(nr_online)" -t "$SECONDS_EACH" --verify --metrics-brief \
		--temp-path /tmp >"$W/said" 2>&1 </dev/null
	status=$?
	awk -v name="$2" '$2 == "metrc:" && $4 == name && NF == 10 && $5 > 0 { print $9 }' \
		"$W/said" >"$W/$2.$1"
	if [ $status -ne 0 ]; then
		fail "stress_$1_$2" "status $status: $(grep -m 1 -E 'fail|error' "$W/said")"
	elif grep -q 'fail:' "$W/said"; then
		fail "stress_$1_$2" "$(grep -m 1 'fail:' "$W/said")"
	elif [ ! -s "$W/$2.$1" ]; then
		fail "stress_$1_$2" "no operations: $(tail -n 1 "$W/said")"
	else
		pass "stress_$1_$2"
	fi
}

need_device
for name in $FAULTS $SIGNALS $TIMERS $TRAPS $FORKS; do
	if [ $name = opcode ] && emulator_bug user-far-return; then
		skip "stress_$name" "emulator: user-far-return"
		continue
	fi
	if [ $name = fp-error ] && [ "$(nr_online)" -ge 2 ] && emulator_bug smp-ignne; then
		skip "stress_$name" "emulator: smp-ignne"
		continue
	fi
	stress bare $name
	[ -s "$W/$name.bare" ] || continue
	hold || finish
	stress loaded $name
	equal "stress_loaded_${name}_virtualised" \
		"$("$T/tgraw" info | tr ' ' '\n' | sed -n 's/^virtualised=//p')" "$(nr_online)"
	start -e all -i all -b 1048576 || finish
	stress hooked $name
	stop
	cat "$W/summary" >>"$W/all"
	release
	[ -s "$W/$name.loaded" ] && [ -s "$W/$name.hooked" ] || continue
	awk -v name=$name 'FNR == 1 { v[FILENAME] = $1; f[++n] = FILENAME }
		END { printf "stress %-12s bare %10.0f  loaded %10.0f (%.2f)  " \
			"hooked %10.0f (%.2f)\n", name,
			v[f[1]], v[f[2]], v[f[2]] / v[f[1]], v[f[3]], v[f[3]] / v[f[1]] }' \
		"$W/$name.bare" "$W/$name.loaded" "$W/$name.hooked" | tee -a "$W/table"
done

# median COLUMN: of the ratios in the table
median()
{
	tr -d '()' <"$W/table" | awk -v c="$1" '{ print $c }' | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
echo "stress median of $(grep -c . "$W/table"): loaded $(median 7), hooked $(median 10) of bare"
for vector in 00 03 0d 0e ec fd; do
	if [ $vector = 03 ] && emulator_bug exc-bp; then
		skip "stress_hooked_saw_$vector" "emulator: exc-bp"
		continue
	fi
	between "stress_hooked_saw_$vector" "$(counted "$W/all" $vector)" 1 1000000000
done
equal stress_unloaded "$(state)" 0
finish
