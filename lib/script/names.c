// SPDX-License-Identifier: GPL-2.0
/* The names of the language: registers, pseudo-registers, functions. */
#include <string.h>
#include <trapgate/bytecode.h>

#include "compile.h"

#define GPR(R, r64, r32, r16, r8) \
	{ r64, TG_REG_##R, 0, 64 }, { r32, TG_REG_##R, 0, 32 }, { r16, TG_REG_##R, 0, 16 }, \
	{ r8, TG_REG_##R, 0, 8 }
#define HIGH(R, r8h)	{ r8h, TG_REG_##R, 8, 8 }
#define FLAG(name, bit)	{ name, TG_REG_RFLAGS, bit, 1 }
#define WHOLE(R, name)	{ name, TG_REG_##R, 0, 64 }

static const struct reg_name registers[] = {
	GPR(RAX, "rax", "eax", "ax", "al"), HIGH(RAX, "ah"),
	GPR(RCX, "rcx", "ecx", "cx", "cl"), HIGH(RCX, "ch"),
	GPR(RDX, "rdx", "edx", "dx", "dl"), HIGH(RDX, "dh"),
	GPR(RBX, "rbx", "ebx", "bx", "bl"), HIGH(RBX, "bh"),
	GPR(RSP, "rsp", "esp", "sp", "spl"), GPR(RBP, "rbp", "ebp", "bp", "bpl"),
	GPR(RSI, "rsi", "esi", "si", "sil"), GPR(RDI, "rdi", "edi", "di", "dil"),
	GPR(R8, "r8", "r8d", "r8w", "r8l"), HIGH(R8, "r8h"),
	GPR(R9, "r9", "r9d", "r9w", "r9l"), HIGH(R9, "r9h"),
	GPR(R10, "r10", "r10d", "r10w", "r10l"), HIGH(R10, "r10h"),
	GPR(R11, "r11", "r11d", "r11w", "r11l"), HIGH(R11, "r11h"),
	GPR(R12, "r12", "r12d", "r12w", "r12l"), HIGH(R12, "r12h"),
	GPR(R13, "r13", "r13d", "r13w", "r13l"), HIGH(R13, "r13h"),
	GPR(R14, "r14", "r14d", "r14w", "r14l"), HIGH(R14, "r14h"),
	GPR(R15, "r15", "r15d", "r15w", "r15l"), HIGH(R15, "r15h"),
	WHOLE(RIP, "rip"), { "eip", TG_REG_RIP, 0, 32 }, { "ip", TG_REG_RIP, 0, 16 },
	WHOLE(RFLAGS, "rflags"), { "eflags", TG_REG_RFLAGS, 0, 32 },
	{ "flags", TG_REG_RFLAGS, 0, 16 },
	FLAG("cf", 0), FLAG("pf", 2), FLAG("af", 4), FLAG("zf", 6), FLAG("sf", 7), FLAG("tf", 8),
	FLAG("if", 9), FLAG("df", 10), FLAG("of", 11), { "iopl", TG_REG_RFLAGS, 12, 2 },
	FLAG("nt", 14), FLAG("rf", 16), FLAG("vm", 17), FLAG("ac", 18), FLAG("vif", 19),
	FLAG("vip", 20), FLAG("id", 21),
	{ "cs", TG_REG_CS, 0, 16 }, { "ds", TG_REG_DS, 0, 16 }, { "es", TG_REG_ES, 0, 16 },
	{ "fs", TG_REG_FS, 0, 16 }, { "gs", TG_REG_GS, 0, 16 }, { "ss", TG_REG_SS, 0, 16 },
	WHOLE(GDTR, "gdtr"), WHOLE(IDTR, "idtr"), WHOLE(LDTR, "ldtr"), WHOLE(TR, "tr"),
	WHOLE(CR0, "cr0"), WHOLE(CR2, "cr2"), WHOLE(CR3, "cr3"), WHOLE(CR4, "cr4"),
	WHOLE(CR8, "cr8"),
	WHOLE(DR0, "dr0"), WHOLE(DR1, "dr1"), WHOLE(DR2, "dr2"), WHOLE(DR3, "dr3"),
	WHOLE(DR6, "dr6"), WHOLE(DR7, "dr7"),
};

static const struct reg_name pseudos[] = {
	WHOLE(PID, "pid"), WHOLE(TID, "tid"), WHOLE(PNAME, "pname"), WHOLE(CORE, "core"),
	WHOLE(PROC, "proc"), WHOLE(THREAD, "thread"), WHOLE(PEB, "peb"), WHOLE(TEB, "teb"),
	WHOLE(RIP, "ip"), WHOLE(BUFFER, "buffer"), WHOLE(CONTEXT, "context"),
	WHOLE(EVENT_TAG, "event_tag"), WHOLE(EVENT_ID, "event_id"),
	WHOLE(EVENT_STAGE, "event_stage"), WHOLE(DATE, "date"), WHOLE(TIME, "time"),
	WHOLE(ERROR, "error"), WHOLE(ADDRESS, "address"), WHOLE(CPL, "cpl"),
	WHOLE(VECTOR, "vector"), WHOLE(NAME, "name"), WHOLE(TSC, "tsc"),
};

#define HELPER(name, ID, nr, result, params) { name, BI_HELPER, TG_HELPER_##ID, nr, result, params }

static const struct builtin builtins[] = {
	{ "printf", BI_PRINTF, 0, 1, false, "" },
	HELPER("print", PRINT, 1, false, "n"), HELPER("formats", FORMATS, 1, false, "n"),
	HELPER("test_statement", TEST_STATEMENT, 1, false, "n"),
	{ "db", BI_LOAD, 1, 1, true, "i" }, { "dw", BI_LOAD, 2, 1, true, "i" },
	{ "dd", BI_LOAD, 4, 1, true, "i" }, { "dq", BI_LOAD, 8, 1, true, "i" },
	{ "poi", BI_LOAD, 8, 1, true, "i" },
	{ "hi", BI_HI, 0, 1, true, "i" }, { "low", BI_LOW, 0, 1, true, "i" },
	{ "hi_pa", BI_HI_PA, 0, 1, true, "i" }, { "low_pa", BI_LOW_PA, 0, 1, true, "i" },
	{ "neg", BI_NEG, 0, 1, true, "i" }, { "not", BI_NOT, 0, 1, true, "i" },
	{ "reference", BI_REFERENCE, 0, 1, true, "i" },
	HELPER("db_pa", DB_PA, 1, true, "i"), HELPER("dw_pa", DW_PA, 1, true, "i"),
	HELPER("dd_pa", DD_PA, 1, true, "i"), HELPER("dq_pa", DQ_PA, 1, true, "i"),
	HELPER("poi_pa", DQ_PA, 1, true, "i"),
	HELPER("eb", EB, 2, true, "ii"), HELPER("ed", ED, 2, true, "ii"),
	HELPER("eq", EQ, 2, true, "ii"), HELPER("eb_pa", EB_PA, 2, true, "ii"),
	HELPER("ed_pa", ED_PA, 2, true, "ii"), HELPER("eq_pa", EQ_PA, 2, true, "ii"),
	HELPER("memcpy", MEMCPY, 3, false, "iii"), HELPER("memcpy_pa", MEMCPY_PA, 3, false, "iii"),
	HELPER("memcmp", MEMCMP, 3, true, "iii"),
	HELPER("strlen", STRLEN, 1, true, "i"), HELPER("strcmp", STRCMP, 2, true, "ii"),
	HELPER("strncmp", STRNCMP, 3, true, "iii"), HELPER("wcslen", WCSLEN, 1, true, "i"),
	HELPER("wcscmp", WCSCMP, 2, true, "ii"), HELPER("wcsncmp", WCSNCMP, 3, true, "iii"),
	HELPER("check_address", CHECK_ADDRESS, 1, true, "i"),
	HELPER("virtual_to_physical", VIRTUAL_TO_PHYSICAL, 1, true, "i"),
	HELPER("physical_to_virtual", PHYSICAL_TO_VIRTUAL, 1, true, "i"),
	HELPER("disassemble_len", DISASSEMBLE_LEN64, 1, true, "i"),
	HELPER("disassemble_len64", DISASSEMBLE_LEN64, 1, true, "i"),
	HELPER("disassemble_len32", DISASSEMBLE_LEN32, 1, true, "i"),
	HELPER("interlocked_increment", INTERLOCKED_INCREMENT, 1, true, "v"),
	HELPER("interlocked_decrement", INTERLOCKED_DECREMENT, 1, true, "v"),
	HELPER("interlocked_exchange", INTERLOCKED_EXCHANGE, 2, true, "vi"),
	HELPER("interlocked_exchange_add", INTERLOCKED_EXCHANGE_ADD, 2, true, "vi"),
	HELPER("interlocked_compare_exchange", INTERLOCKED_COMPARE_EXCHANGE, 3, true, "vii"),
	HELPER("spinlock_lock", SPINLOCK_LOCK, 1, false, "v"),
	HELPER("spinlock_unlock", SPINLOCK_UNLOCK, 1, false, "v"),
	HELPER("spinlock_lock_custom_wait", SPINLOCK_LOCK_CUSTOM_WAIT, 2, false, "vi"),
	HELPER("pause", PAUSE, 0, false, ""), HELPER("flush", FLUSH, 0, false, ""),
	HELPER("event_enable", EVENT_ENABLE, 1, false, "i"),
	HELPER("event_disable", EVENT_DISABLE, 1, false, "i"),
	HELPER("event_clear", EVENT_CLEAR, 1, false, "i"),
	HELPER("event_sc", EVENT_SC, 1, false, "i"),
	HELPER("event_inject", EVENT_INJECT, 2, false, "ii"),
	HELPER("event_inject_error_code", EVENT_INJECT_ERROR_CODE, 3, false, "iii"),
	HELPER("microsleep", MICROSLEEP, 1, false, "i"),
	HELPER("rdtsc", RDTSC, 0, true, ""), HELPER("rdtscp", RDTSCP, 0, true, ""),
	{ "lbr_save", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "lbr_dump", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "lbr_print", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "lbr_restore", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "lbr_check", BI_UNSUPPORTED, 0, 0, true, "" },
	{ "lbr_restore_by_filter", BI_UNSUPPORTED, 0, 1, true, "i" },
	{ "event_trace_step", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "event_trace_step_in", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "event_trace_step_out", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "event_trace_instrumentation_step", BI_UNSUPPORTED, 0, 0, false, "" },
	{ "event_trace_instrumentation_step_in", BI_UNSUPPORTED, 0, 0, false, "" },
};

static const struct reg_name *find_in(const struct reg_name *list, size_t nr, struct text name)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i].name[0] == name.at[0] && text_is(name, list[i].name))
			return &list[i];
	return NULL;
}

const struct reg_name *reg_find(struct text name)
{
	if (name.length < 2 || name.length > 6)
		return NULL;
	return find_in(registers, TG_ARRAY_SIZE(registers), name);
}

const struct reg_name *pseudo_find(struct text name)
{
	return name.length ? find_in(pseudos, TG_ARRAY_SIZE(pseudos), name) : NULL;
}

const struct builtin *builtin_find(struct text name)
{
	for (size_t i = 0; i < TG_ARRAY_SIZE(builtins); i++)
		if (builtins[i].name[0] == name.at[0] && text_is(name, builtins[i].name))
			return &builtins[i];
	return NULL;
}

/* Levenshtein's distance, up to words of 40 letters. */
static u32 distance(struct text a, const char *b)
{
	u32 row[42], length = (u32)strlen(b);

	if (a.length > 40 || length > 40)
		return 99;
	for (u32 j = 0; j <= length; j++)
		row[j] = j;
	for (u32 i = 1; i <= a.length; i++) {
		u32 corner = row[0];

		row[0] = i;
		for (u32 j = 1; j <= length; j++) {
			u32 change = corner + (a.at[i - 1] != b[j - 1]);

			corner = row[j];
			row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[length];
}

const char *name_near(struct text name, bool pseudo)
{
	const char *best = NULL;
	u32 least = name.length > 4 ? 3 : 2, d;

	if (pseudo) {
		for (size_t i = 0; i < TG_ARRAY_SIZE(pseudos); i++) {
			d = distance(name, pseudos[i].name);
			if (d < least) {
				least = d;
				best = pseudos[i].name;
			}
		}
		return best;
	}
	for (size_t i = 0; i < TG_ARRAY_SIZE(builtins); i++) {
		d = distance(name, builtins[i].name);
		if (d < least) {
			least = d;
			best = builtins[i].name;
		}
	}
	return best;
}
