// SPDX-License-Identifier: GPL-2.0
/*
 * The length decoder against Zydis: where Zydis finds an instruction, the length is
 * the same. Where it does not, opcodes that are not defined may have any length, but
 * bytes that are cut off never do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <Zydis/Zydis.h>

#include "../../core/script/insn_len.h"

#define ROUNDS	600000

static u64 seed = 0x2545f4914f6cdd1d;

static u64 next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Prefixes, escapes and vector prefixes more often than chance. */
static void fill(u8 code[16])
{
	static const u8 prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x64, 0x48, 0x41, 0x4f };
	static const u8 escapes[] = { 0x0f, 0xc4, 0xc5, 0x62, 0x8f };
	u32 at = 0;

	for (u32 i = 0; i < 16; i++)
		code[i] = (u8)next();
	while (at < 3 && next() % 3 == 0)
		code[at++] = prefixes[next() % sizeof(prefixes)];
	if (next() % 2)
		code[at++] = escapes[next() % sizeof(escapes)];
	if (code[at - !!at] == 0x0f && next() % 3 == 0)
		code[at] = next() % 2 ? 0x38 : 0x3a;
}

static void compare(bool is64)
{
	ZydisDecoder decoder;
	u32 known = 0;

	ZydisDecoderInit(&decoder, is64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
			 is64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
	for (u32 i = 0; i < ROUNDS; i++) {
		ZydisDecodedInstruction insn;
		u8 code[16];
		u32 length;

		fill(code);
		length = tg_insn_length(code, 15, is64);
		if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, code, 15, &insn)))
			continue;
		/* Of a coprocessor that never was one of our machines. */
		if (insn.mnemonic == ZYDIS_MNEMONIC_JKZD || insn.mnemonic == ZYDIS_MNEMONIC_JKNZD)
			continue;
		known++;
		if (length != insn.length) {
			char text[64];

			for (u32 k = 0; k < 15; k++)
				sprintf(text + 3 * k, "%02x ", code[k]);
			fail_msg("%s: %s: %u bytes, not %u", is64 ? "64" : "32", text, length,
				 insn.length);
		}
		/* Cut off, it is none; exactly there, it is. */
		assert_int_equal(tg_insn_length(code, length - 1, is64), 0);
		assert_int_equal(tg_insn_length(code, length, is64), length);
	}
	assert_true(known > ROUNDS / 5);
}

static void in_64_bits(void **state)
{
	(void)state;
	compare(true);
}

static void in_32_bits(void **state)
{
	(void)state;
	compare(false);
}

static void none(void **state)
{
	static const u8 prefixes[15] = { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
					 0x66, 0x66, 0x66, 0x66,
					 0x66 };

	(void)state;
	assert_int_equal(tg_insn_length(prefixes, 15, true), 0);
	assert_int_equal(tg_insn_length((const u8 *)"\x06", 1, true), 0);
	assert_int_equal(tg_insn_length((const u8 *)"\x06", 1, false), 1);
	assert_int_equal(tg_insn_length((const u8 *)"", 0, true), 0);
	assert_int_equal(tg_insn_length((const u8 *)"\x0f", 1, true), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_64_bits), cmocka_unit_test(in_32_bits), cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
