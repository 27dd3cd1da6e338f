# SPDX-License-Identifier: GPL-2.0
# The lines of bench/guest.sh as tables.

function field(name,    i, a) {
	for (i = 1; i <= NF; i++)
		if (split($i, a, "=") == 2 && a[1] == name)
			return a[2]
	return ""
}

/^SCRIPT / { scripts[++nr_scripts] = $2; text[$2] = substr($0, length($1 $2) + 3) }
/^(bare|loaded|filtered|filtered-all|trace|script-[a-z0-9]+) / {
    if (!(($1, $2) in cost))
        cost[$1, $2] = field("median")
}
/^COUNT / {
	events[$2, $3] = field("events"); exits[$2, $3] = field("exits")
	reads[$2, $3] = field("vmreads"); writes[$2, $3] = field("vmwrites")
	flushes[$2, $3] = field("flushes"); atomics[$2, $3] = field("atomics")
}
/^LOCKED/ { locked = substr($0, 8) }
/^MEMORY / { memory = field("root_bytes") }

function row(what, name,    b) {
	b = cost["bare", what]
	printf "%-22s %8d", name, b
	extra("loaded", what); extra("filtered", what); extra("trace", what)
	if (b)
		printf "   x%.2f x%.2f\n", cost["filtered", what] / b, cost["trace", what] / b
	else
		print ""
}

function extra(mode, what) {
	if ((mode, what) in cost)
		printf " %+9d", cost[mode, what] - cost["bare", what]
	else
		printf " %9s", "-"
}

# Less what the programs' own start costs (CPUID, mostly): loaded, not hooked.
function per(count, mode, what) {
	return (count[mode, what] - count["loaded", what]) / events[mode, what]
}

function each(mode, what, name,    e) {
	e = events[mode, what]
	if (!e) {
		printf "%-30s no event seen\n", name
		return
	}
	printf "%-30s %7d %8.2f %8.2f %9.2f %8.2f %8.2f\n", name, e, per(exits, mode, what),
		per(reads, mode, what), per(writes, mode, what), per(flushes, mode, what),
		per(atomics, mode, what)
}

function added(mode, what) {
	if (!((mode, what) in cost) || !(("bare", what) in cost))
		return ""
	return cost[mode, what] - cost["bare", what]
}

function aim(text, have, want) {
	if (have == "") {
		printf "%-52s not measured\n", text
		return
	}
	printf "%-52s %6d   aim %5d   %s\n", text, have, want, have + 0 <= want ? "met" : "MISSED"
}

END {
	print machine ": guest-visible instructions (medians); what hooking adds to them"
	printf "%-22s %8s %9s %9s %9s   %s\n", "", "bare", "loaded", "filtered", "trace",
		"filtered, trace : bare"
	row("pf", "page fault"); row("ud", "#UD and its signal"); row("bp", "#BP and its signal")
	row("tick", "timer interrupt")
	printf "%-22s %8d %+9d\n", "CPUID", cost["bare", "cpuid"],
		cost["loaded", "cpuid"] - cost["bare", "cpuid"]
	printf "%-22s %8d %+9d\n", "getppid", cost["bare", "getppid"],
		cost["loaded", "getppid"] - cost["bare", "getppid"]
	print ""
	print "A page fault that an event with a script sees adds (translated; no record)"
	for (i = 1; i <= nr_scripts; i++)
		printf "%8d   %s\n", added("script-" scripts[i], "pf"), text[scripts[i]]
	print ""
	aim("exception, filtered out (page fault)", added("filtered", "pf"), 200)
	aim("exception with a trace record (page fault)", added("trace", "pf"), 450)
	aim("re-injected interrupt (timer, filtered out)", added("filtered", "tick"), 300)
	aim("bytes per CPU, without rings", memory, 262144)
	print ""
	if (machine == "bochs-intel") {
		print "Beside it, measured once on this machine without us: a page fault 3484,"
		print "Linux's page_fault_user tracepoint +625, a kprobe +815, KVM's CPUID exit " \
			"947."
		print ""
	}
	print "Per event (module built with TG_COUNT=1); aims: 1 exit, 8 reads, 4 writes, " \
		"0 flushes, 0 atomics"
	printf "%-30s %7s %8s %8s %9s %8s %8s\n", "", "events", "exits", "vmreads", "vmwrites",
		"flushes",
		"atomics"
	each("filtered", "pf", "page fault, filtered"); each("trace", "pf", "page fault, traced")
	each("filtered", "ud", "#UD, filtered"); each("trace", "ud", "#UD, traced")
	each("filtered", "bp", "#BP, filtered"); each("trace", "bp", "#BP, traced")
	each("filtered", "tick", "timer, filtered"); each("trace", "tick", "timer, traced")
	each("filtered-all", "tick", "all interrupts, filtered")
	print ""
	print "Root mode has locked instructions in: " (locked ? locked : "(nothing)")
}
