/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of settings: one row adds one. From it derive the numbers of the ABI
 * (abi.h), the members of struct tg_config with their defaults (core/cpu.h), what the
 * module accepts (linux/settings.c), and in the command its own settings
 * (cli/session.h) and `settings`, its help and its completion (cli/cmd_settings.c).
 *
 * X(number, NAME, name, typed, KIND, min, max, default, unit, help)
 *   X: who keeps it
 *     COMMAND	the command, in struct session; number is 0, there is none in the ABI
 *     CONFIG	the module, in struct tg_config, where root mode reads it
 *     MODULE	the module, somewhere else: its getter and setter are in linux/settings.c
 *   number: of the ABI, for ever; those up to 15 are of events, from 16 on of scripts
 *   KIND: NUMBER, or what the user says for which value: TG_KIND_* below
 *   unit: behind a range, in help; "" where there is none
 *   help: a sentence for the user
 */
#ifndef TRAPGATE_SETTINGS_H
#define TRAPGATE_SETTINGS_H

#define TG_SETTINGS(COMMAND, CONFIG, MODULE)							\
	COMMAND(0, RADIX, radix, "radix", BASE, 10, 16, 16, "",					\
		"base of numbers without a prefix; 0x and 0n always work")			\
	CONFIG(1, SWALLOW_LIMIT, swallow_limit, "swallow-limit", NUMBER, 1, 1000000, 1000, "",	\
		"this many swallowed faults in a row at one address, or in a storm of one "	\
		"interrupt, disable the event")							\
	CONFIG(16, FUEL, fuel, "fuel", NUMBER, 1, 1000000000, 100000, "instructions",		\
		"what a run of a script may take")						\
	CONFIG(17, SCRIPT_TIME, script_time, "script-time", NUMBER, 1, 1000, 10, "ms",		\
		"what a run of a script may take")						\
	CONFIG(18, SCRIPT_ERRORS, script_errors, "script-errors", NUMBER, 1, 1000000, 100, "",	\
		"this many failed runs of its scripts disable the event")			\
	CONFIG(19, ALLOW_WRITE_PROTECT, allow_write_protect, "allow-write-protect", YES_NO,	\
		0, 1, 0, "", "whether scripts may write to read-only memory of the kernel")	\
	MODULE(20, JIT, jit, "jit", ON_OFF, 0, 1, 1, "",					\
		"translate scripts that are loaded from now on to machine code")

/*
 * The kinds: W(word, value, meaning) for each word, meaning NULL or what an answer says
 * behind it. The module, which gets the value, checks min and max only.
 */
#define TG_KIND_NUMBER(W)
#define TG_KIND_ON_OFF(W)	W("on", 1, NULL) W("off", 0, NULL)
#define TG_KIND_YES_NO(W)	W("yes", 1, NULL) W("no", 0, NULL)
#define TG_KIND_BASE(W) \
	W("10", 10, "numbers without a prefix are decimal") \
	W("16", 16, "numbers without a prefix are hexadecimal")

/* For those rows of a table that do not matter. */
#define TG_NO_ROW(...)

enum tg_setting_default {
#define TG_SETTING_DEFAULT(number, NAME, name, typed, kind, min, max, start, ...) \
	TG_DEFAULT_##NAME = start,
	TG_SETTINGS(TG_SETTING_DEFAULT, TG_SETTING_DEFAULT, TG_SETTING_DEFAULT)
};

#endif
