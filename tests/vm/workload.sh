# SPDX-License-Identifier: GPL-2.0
# sh workload.sh SCALE: the work of the suites. The last line is a checksum of
# all results, the same for the same scale; no line means it did not finish.
# On stderr are the results themselves. What a part complains of is no result:
# the order in which the processes of a pipeline do so is chance.
N=${1:-100}
T=${T:-$(pwd)}
O=/tmp/workload.$$
set -o pipefail

{
	# a pipeline over N processes, one exec each
	seq 1 "$N" | xargs -n 1 busybox echo | sort -n | md5sum || echo "execs WRONG"
	# subshells
	i=0
	while [ $i -lt "$N" ]; do
		( echo $i ) | { read -r x && [ "$x" = $i ]; } || echo "subshell $i WRONG"
		i=$((i + 1))
	done
	echo $i
	# a walk over all files of this system
	find / -xdev -type f ! -path '/tmp/*' ! -path '/run/*' ! -path '/dev/*' |
		sort | xargs md5sum | tee $O.sums || echo "walk WRONG"
	grep -q "  $T/workload$" $O.sums || echo "walk without $T/workload WRONG"
	# each verifies its own result
	for job in "forks $((N * 5))" "tree $((N * 2))" "timers $((N / 4 + 1))" \
		"signals $((N * 5))" "pipes $((N * 5))" "futex $((N * 5))" \
		"memory $((N * 5))"; do
		"$T/workload" $job && echo "$job right" || echo "$job WRONG"
	done
} >$O 2>$O.said
# what was said first: it tells why
cat $O.said >&2
if grep "WRONG$" $O >&2 || [ -s $O.said ]; then
	rm -f $O $O.*
	exit 1
fi
cat $O >&2
sum=$(md5sum <$O)
rm -f $O $O.*
echo "$sum"
