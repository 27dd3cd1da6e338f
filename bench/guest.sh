# SPDX-License-Identifier: GPL-2.0
# In the guest of bench/run: one line a measurement,
#   MODE WHAT median=TICKS least=TICKS samples=N
# and with COUNT=1, what the hypervisor did for them,
#   COUNT MODE WHAT events=N exits=N vmreads=N vmwrites=N flushes=N atomics=N
cd "$(dirname "$0")" || exit 1

N=${N:-2000}
W=/tmp/bench
mkdir -p $W

vector()
{
	case $1 in
	pf) printf '%s' '-e e' ;;
	ud) printf '%s' '-e 6' ;;
	bp) printf '%s' '-e 3' ;;
	tick) printf '%s' '-i ec' ;;
	esac
}
number() { case $1 in tick) echo 1000 ;; *) echo $N ;; esac; }

total() { ./tgraw stats | tr ' ' '\n' | sed -n "s/^$1=//p" | awk '{ n += $1 } END { print n }'; }

# snapshot: all counters in one line
snapshot()
{
	./tgraw stats | tr ' ' '\n' | awk -F= '
		$1 == "exits" || $1 == "exception" || $1 == "interrupt" ||
		$1 == "vmreads" || $1 == "vmwrites" || $1 == "flushes" ||
		$1 == "atomics" { n[$1] += $2 }
		END { print n["exception"] + n["interrupt"], n["exits"], n["vmreads"],
			n["vmwrites"], n["flushes"], n["atomics"] }'
}

# measure MODE WHAT: with the counters before and after when they count
measure()
{
	[ "$COUNT" = 1 ] && before=$(snapshot)
	line=$(./cost "$2" "$(number "$2")")
	[ "$COUNT" = 1 ] && after=$(snapshot)
	echo "$1 $line"
	[ "$COUNT" = 1 ] && echo "$before $after" | awk -v m="$1" -v w="$2" '{
		printf "COUNT %s %s events=%d exits=%d vmreads=%d vmwrites=%d " \
			"flushes=%d atomics=%d\n",
			m, w, $7 - $1, $8 - $2, $9 - $3, $10 - $4, $11 - $5, $12 - $6 }'
}

# background OPTIONS: tgraw with these events, until end
background()
{
	rm -f $W/armed
	./tgraw run -w $W/armed -S $W/sum "$@" &
	running=$!
	n=0
	while [ ! -e $W/armed ]; do
		n=$((n + 1))
		[ $n -gt 100 ] && { echo "FAIL: tgraw $*"; exit 1; }
		sleep 0.1
	done
}
end()
{
	kill -TERM $running && wait $running || echo "FAIL: tgraw ended by itself"
}

all="pf ud bp tick cpuid getppid"
if [ "$COUNT" != 1 ]; then
	for what in $all; do measure bare $what; done
fi
[ -c /dev/trapgate ] || { echo "FAIL: no /dev/trapgate"; exit 1; }

background -q
for what in $all; do measure loaded $what; done
end
for what in pf ud bp tick; do
	# somebody else's: intercepted, not ours
	background -q $(vector $what) -p 1
	measure filtered $what
	end
	# -b: room for all, so that no reader disturbs
	background -q -b 4194304 $(vector $what)
	measure trace $what
	end
	grep -q '^lost=0 ' $W/sum || echo "FAIL: $what: $(grep '^lost=' $W/sum)"
done
# page faults through scripts; none writes a record
while read -r name actions; do
	[ "$COUNT" = 1 ] && break
	echo "SCRIPT $name $actions"
	trapgate -q -e "!exception e $actions" -- sh -c "echo script-$name \$(./cost pf $N)" ||
		echo "FAIL: $actions"
done <<'END'
no when { 0 }
counter script { .hits++; }
condition when { @rax == 0n12345 && $error & 8 }
poi when { poi($proc) == 0n12345 }
poi3 when { poi($proc) != 1 && poi($proc + 8) != 1 && poi($proc + 0n16) == 0n12345 }
END
# every interrupt exits, the timer's among them
background -q -i all -p 1
measure filtered-all tick
end
./tgraw info | sed -n 's/.*\(root_bytes=[0-9]*\)/MEMORY \1/p'
echo DONE
