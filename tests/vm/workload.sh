# SPDX-License-Identifier: GPL-2.0
# sh workload.sh SCALE: the work of the suites. The last line is a checksum of
# all results, the same for the same scale; no line means it did not finish.
N=${1:-100}
T=${T:-$(pwd)}

{
	# a pipeline over N processes, one exec each
	seq 1 "$N" | xargs -n 1 busybox echo | sort -n | md5sum
	# subshells
	i=0
	while [ $i -lt "$N" ]; do
		( echo $i ) | read -r x
		i=$((i + 1))
	done
	echo $i
	# a walk over all files of this system
	find / -xdev -type f ! -path '/tmp/*' ! -path '/run/*' ! -path '/dev/*' |
		sort | xargs cksum | cksum
	# each verifies its own result
	for job in "forks $((N * 5))" "tree $((N * 2))" "timers $((N / 4 + 1))" \
		"signals $((N * 5))" "pipes $((N * 5))" "futex $((N * 5))" \
		"memory $((N * 5))"; do
		"$T/workload" $job && echo "$job right" || echo "$job WRONG"
	done
} >/tmp/workload.$$ 2>&1
grep WRONG /tmp/workload.$$ >&2 && exit 1
cat /tmp/workload.$$ >&2
sum=$(md5sum </tmp/workload.$$)
rm -f /tmp/workload.$$
echo "$sum"
