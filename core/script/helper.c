// SPDX-License-Identifier: GPL-2.0
/*
 * What scripts call and is not one instruction. Arguments and result are in the
 * window at arg. Runs in root mode; nothing here trusts a value.
 */
#include "float.h"
#include "insn_len.h"
#include "guest.h"

#define CHUNK	64u

static tg_root u32 copy(struct tg_run *run, const u64 *arg, bool physical)
{
	u8 chunk[CHUNK];
	u32 error;

	if (!arg[2] || arg[2] > TG_RUN_RANGE)
		return tg_run_fail(run, TG_ERR_SIZE, arg[2]);
	for (u64 at = 0, n; at < arg[2]; at += n) {
		n = arg[2] - at < CHUNK ? arg[2] - at : CHUNK;
		error = tg_run_charge(run, (n + 7) / 8);
		if (error)
			return error;
		run->error_value = arg[1] + at;
		error = physical ? tg_guest_read_phys(run, arg[1] + at, chunk, (u32)n) :
			tg_mem_read(run, arg[1] + at, chunk, (u32)n);
		if (error)
			return error;
		run->error_value = arg[0] + at;
		error = physical ? tg_guest_write_phys(run, arg[0] + at, chunk, (u32)n) :
			tg_mem_write(run, arg[0] + at, chunk, (u32)n);
		if (error)
			return error;
	}
	return TG_ERR_NONE;
}

/* Of the script's own variables. */
static tg_root u32 zero(struct tg_run *run, const u64 *arg)
{
	u8 *at = tg_mem_own(arg[0]) ? tg_mem_storage(run, arg[0], arg[1], true) : NULL;
	u32 error = at ? tg_run_charge(run, arg[1] / 8) : tg_run_fail(run, TG_ERR_WRITE, arg[0]);

	for (u64 i = 0; !error && i < arg[1]; i++)
		tg_write(at[i], 0);
	return error;
}

static tg_root u64 order(u64 a, u64 b)
{
	return a < b ? -1ull : a > b;
}

static tg_root u32 compare(struct tg_run *run, u64 *arg)
{
	u8 a[CHUNK], b[CHUNK];
	u64 result = 0;
	u32 error;

	if (!arg[2] || arg[2] > TG_RUN_RANGE)
		return tg_run_fail(run, TG_ERR_SIZE, arg[2]);
	for (u64 at = 0, n; at < arg[2] && !result; at += n) {
		n = arg[2] - at < CHUNK ? arg[2] - at : CHUNK;
		error = tg_run_charge(run, (n + 7) / 8);
		if (!error)
			error = tg_mem_read(run, arg[0] + at, a, (u32)n);
		if (!error)
			error = tg_mem_read(run, arg[1] + at, b, (u32)n);
		if (error)
			return error;
		for (u64 i = 0; i < n && !result; i++)
			result = order(a[i], b[i]);
	}
	arg[0] = result;
	return TG_ERR_NONE;
}

static tg_root u32 string_length(struct tg_run *run, u64 *arg, u32 size)
{
	for (u64 n = 0; n < TG_RUN_STRING; n++) {
		u64 c;
		u32 error = tg_mem_load(run, arg[0] + n * size, size, &c);

		if (!error)
			error = tg_run_charge(run, 1);
		if (error)
			return error;
		if (!c) {
			arg[0] = n;
			return TG_ERR_NONE;
		}
	}
	return tg_run_fail(run, TG_ERR_TEXT, arg[0]);
}

static tg_root u32 string_compare(struct tg_run *run, u64 *arg, u32 size, u64 most)
{
	for (u64 n = 0; n < most; n++) {
		u64 a, b;
		u32 error;

		if (n == TG_RUN_STRING)
			return tg_run_fail(run, TG_ERR_TEXT, arg[0]);
		error = tg_mem_load(run, arg[0] + n * size, size, &a);
		if (!error)
			error = tg_mem_load(run, arg[1] + n * size, size, &b);
		if (!error)
			error = tg_run_charge(run, 1);
		if (error)
			return error;
		if (a != b || !a) {
			arg[0] = order(a, b);
			return TG_ERR_NONE;
		}
	}
	arg[0] = 0;
	return TG_ERR_NONE;
}

/* eb ed eq: 1, or 0 where nothing is mapped; other errors end the run. */
static tg_root u32 edit(struct tg_run *run, u64 *arg, u32 size, bool physical)
{
	u32 error;

	run->error_value = arg[0];
	error = physical ? tg_guest_write_phys(run, arg[0], &arg[1], size) :
		tg_mem_write(run, arg[0], &arg[1], size);
	arg[0] = !error;
	return error == TG_ERR_WRITE ? TG_ERR_NONE : error;
}

static tg_root u32 load_phys(struct tg_run *run, u64 *arg, u32 size)
{
	u64 value = 0;
	u32 error;

	run->error_value = arg[0];
	error = tg_guest_read_phys(run, arg[0], &value, size);
	arg[0] = value;
	return error;
}

static tg_root u32 insn_length(struct tg_run *run, u64 *arg, bool is64)
{
	u8 code[TG_INSN_MAX];
	u32 size = 0, length;

	/* Byte by byte: the next page need not be there. */
	while (size < TG_INSN_MAX && !tg_mem_read(run, arg[0] + size, code + size, 1))
		size++;
	if (!size)
		return tg_run_fail(run, TG_ERR_READ, arg[0]);
	length = tg_insn_length(code, size, is64);
	if (!length)
		return tg_run_fail(run, TG_ERR_CODE, arg[0]);
	arg[0] = length;
	return TG_ERR_NONE;
}

static tg_root u32 memory_call(struct tg_run *run, u32 helper, u64 *arg)
{
	u64 value;

	switch (helper) {
	case TG_HELPER_MEMCPY:
	case TG_HELPER_MEMCPY_PA:
		return copy(run, arg, helper == TG_HELPER_MEMCPY_PA);
	case TG_HELPER_MEMZERO:
		return zero(run, arg);
	case TG_HELPER_MEMCMP:
		return compare(run, arg);
	case TG_HELPER_STRLEN:
		return string_length(run, arg, 1);
	case TG_HELPER_WCSLEN:
		return string_length(run, arg, 2);
	case TG_HELPER_STRCMP:
		return string_compare(run, arg, 1, ~0ull);
	case TG_HELPER_WCSCMP:
		return string_compare(run, arg, 2, ~0ull);
	case TG_HELPER_STRNCMP:
		return string_compare(run, arg, 1, arg[2]);
	case TG_HELPER_WCSNCMP:
		return string_compare(run, arg, 2, arg[2]);
	case TG_HELPER_CHECK_ADDRESS:
		arg[0] = !tg_mem_load(run, arg[0], 1, &value);
		return TG_ERR_NONE;
	case TG_HELPER_VIRTUAL_TO_PHYSICAL:
		run->error_value = arg[0];
		return tg_guest_to_phys(run, arg[0], &arg[0]);
	case TG_HELPER_PHYSICAL_TO_VIRTUAL:
		run->error_value = arg[0];
		return tg_guest_to_virt(run, arg[0], &arg[0]);
	default:
		return insn_length(run, arg, helper == TG_HELPER_DISASSEMBLE_LEN64);
	}
}

static tg_root u32 access_call(struct tg_run *run, u32 helper, u64 *arg)
{
	switch (helper) {
	case TG_HELPER_EB:
		return edit(run, arg, 1, false);
	case TG_HELPER_ED:
		return edit(run, arg, 4, false);
	case TG_HELPER_EQ:
		return edit(run, arg, 8, false);
	case TG_HELPER_EB_PA:
		return edit(run, arg, 1, true);
	case TG_HELPER_ED_PA:
		return edit(run, arg, 4, true);
	case TG_HELPER_EQ_PA:
		return edit(run, arg, 8, true);
	case TG_HELPER_DB_PA:
		return load_phys(run, arg, 1);
	case TG_HELPER_DW_PA:
		return load_phys(run, arg, 2);
	case TG_HELPER_DD_PA:
		return load_phys(run, arg, 4);
	default:
		return load_phys(run, arg, 8);
	}
}

static tg_root u32 float_call(struct tg_run *run, u32 helper, u64 *arg)
{
	u64 value = arg[0];

	switch (helper) {
	case TG_HELPER_DADD:
		arg[0] = tg_float_add(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_DSUB:
		arg[0] = tg_float_sub(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_DMUL:
		arg[0] = tg_float_mul(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_DDIV:
		arg[0] = tg_float_div(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_DEQ:
		arg[0] = tg_float_eq(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_DLT:
		arg[0] = tg_float_lt(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_DLE:
		arg[0] = tg_float_le(value, arg[1]);
		return TG_ERR_NONE;
	case TG_HELPER_D_TO_S64:
		return tg_float_to_s64(value, arg) ? TG_ERR_NONE
						   : tg_run_fail(run, TG_ERR_CONVERT, value);
	default:
		return tg_float_to_u64(value, arg) ? TG_ERR_NONE
						   : tg_run_fail(run, TG_ERR_CONVERT, value);
	}
}

static tg_root u32 convert_call(u32 helper, u64 *arg)
{
	switch (helper) {
	case TG_HELPER_D_FROM_S64:
		arg[0] = tg_float_from_s64(arg[0]);
		break;
	case TG_HELPER_D_FROM_U64:
		arg[0] = tg_float_from_u64(arg[0]);
		break;
	case TG_HELPER_F_FROM_S64:
		arg[0] = tg_float_f_from_s64(arg[0]);
		break;
	case TG_HELPER_F_FROM_U64:
		arg[0] = tg_float_f_from_u64(arg[0]);
		break;
	case TG_HELPER_F_FROM_D:
		arg[0] = tg_float_f_from_d(arg[0]);
		break;
	default:
		arg[0] = tg_float_d_from_f((u32)arg[0]);
	}
	return TG_ERR_NONE;
}

static tg_root u32 print_call(struct tg_run *run, u32 helper, u64 *arg)
{
	if (helper == TG_HELPER_FORMATS)
		return tg_print_formats(run, arg[0]);
	return tg_print_format(run, "%llx\n", arg, 1);
}

/* In the order of TG_HELPERS. */
tg_root u32 tg_helper_call(struct tg_run *run, u32 helper, u64 *arg)
{
	if (helper >= TG_HELPER_F_FROM_S64 || helper == TG_HELPER_D_FROM_S64 ||
	    helper == TG_HELPER_D_FROM_U64)
		return convert_call(helper, arg);
	if (helper >= TG_HELPER_DADD)
		return float_call(run, helper, arg);
	if (helper >= TG_HELPER_PRINT)
		return print_call(run, helper, arg);
	if (helper == TG_HELPER_RDTSC || helper == TG_HELPER_RDTSCP) {
		arg[0] = tg_hw_tsc();
		return TG_ERR_NONE;
	}
	if (helper == TG_HELPER_PAUSE || helper == TG_HELPER_FLUSH ||
	    helper >= TG_HELPER_EVENT_ENABLE) {
		run->error_value = helper >= TG_HELPER_EVENT_ENABLE ? arg[0] : 0;
		return tg_host_event(run, helper, arg);
	}
	if (helper >= TG_HELPER_INTERLOCKED_INCREMENT)
		return tg_sync_call(run, helper, arg);
	if ((helper >= TG_HELPER_EB && helper <= TG_HELPER_EQ_PA))
		return access_call(run, helper, arg);
	return memory_call(run, helper, arg);
}
