// SPDX-License-Identifier: GPL-2.0
/*
 * Length of x86 instructions, from the opcode maps (SDM 2D "Opcode Map"; APM 3
 * "Opcode and Operand Encodings" for XOP and 3DNow!). Any context.
 */
#include "insn_len.h"

/*
 * A letter for each opcode:
 *   .  nothing follows		m  ModRM		b w z  immediate 8, 16, 16/32 bits
 *   B Z  ModRM and immediate	v  immediate up to 64	o  address
 *   j  near branch		p  far pointer		e  ENTER
 *   3 4  F6, F7		c  ModRM, registers only	P  prefix	R  REX
 *   E  escape			V  VEX, EVEX, or LES, LDS, BOUND		X  POP or XOP
 *   i I J p  not in 64-bit mode: nothing, immediate, ModRM and immediate	x  none
 */
static const char one_byte[] =
	"mmmmbziimmmmbziE" "mmmmbziimmmmbzii" "mmmmbzPimmmmbzPi" "mmmmbzPimmmmbzPi"
	"RRRRRRRRRRRRRRRR" "................" "iiVmPPPPzZbB...." "bbbbbbbbbbbbbbbb"
	"BZJBmmmmmmmmmmmX" "..........p....." "oooo....bz......" "bbbbbbbbvvvvvvvv"
	"BBw.VVBZe.w..bi." "mmmmIIi.mmmmmmmm" "bbbbbbbbjjpb...." "P.PP..34......mm";

static const char two_byte[] =
	"mmmmx.....x.xm.B" "mmmmmmmmmmmmmmmm" "ccccxxxxmmmmmmmm" "......x.ExExxxxx"
	"mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "BBBBmmm.mmxxmmmm"
	"jjjjjjjjjjjjjjjj" "mmmmmmmmmmmmmmmm" "...mBmmm...mBmmm" "mmmmmmmmmmBmmmmm"
	"mmBmBBBm........" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm";

struct reader {
	const u8 *code;
	u32 at, size;
	bool is64, operand16, address_short, rex_w, repeat;
};

static tg_root int peek(const struct reader *r)
{
	return r->at < r->size ? r->code[r->at] : -1;
}

/* ModRM, SIB, displacement: bytes from r->at on; 0 when cut off. */
static tg_root u32 modrm_length(const struct reader *r)
{
	int modrm = peek(r), mod = modrm >> 6, rm = modrm & 7;
	u32 n = 1;

	if (modrm < 0)
		return 0;
	if (mod == 3)
		return 1;
	if (!r->is64 && r->address_short) {
		if (mod == 0)
			return rm == 6 ? 3 : 1;
		return 1 + (u32)mod;
	}
	if (rm == 4) {
		n++;
		if (r->at + 1 >= r->size)
			return 0;
		if (mod == 0 && (r->code[r->at + 1] & 7) == 5)
			n += 4;
	} else if (mod == 0 && rm == 5) {
		n += 4;
	}
	return n + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

static tg_root u32 with_modrm(const struct reader *r, u32 immediate)
{
	u32 n = modrm_length(r);

	return n ? r->at + n + immediate : 0;
}

static tg_root u32 by_letter(const struct reader *r, char letter)
{
	u32 z = r->operand16 ? 2 : 4;
	bool test = peek(r) >= 0 && (peek(r) >> 3 & 7) < 2;

	if (r->is64 && (letter == 'i' || letter == 'I' || letter == 'J' || letter == 'p'))
		return 0;
	switch (letter) {
	case '.': case 'i':
		return r->at;
	case 'm':
		return with_modrm(r, 0);
	case 'c':
		return peek(r) < 0 ? 0 : r->at + 1;
	case 'B': case 'J':
		return with_modrm(r, 1);
	case 'Z':
		return with_modrm(r, z);
	case 'b': case 'I':
		return r->at + 1;
	case 'w':
		return r->at + 2;
	case 'z':
		return r->at + z;
	case 'v':
		return r->at + (r->rex_w ? 8 : z);
	case 'o':
		return r->at + (r->is64 ? 8 : 4) / (r->address_short ? 2 : 1);
	case 'j':
		return r->at + (r->is64 ? 4 : z);
	case 'p':
		return r->at + z + 2;
	case 'e':
		return r->at + 3;
	case '3':
		return with_modrm(r, test ? 1 : 0);
	case '4':
		return with_modrm(r, test ? z : 0);
	default:
		return 0;
	}
}

/* Behind the prefix of VEX, EVEX or XOP: opcode, ModRM, immediate of the map. */
static tg_root u32 vector_length(struct reader *r, u32 map)
{
	int opcode = peek(r);
	char letter = 'm';

	r->at++;
	r->operand16 = false;
	if (opcode < 0)
		return 0;
	if (map == 1)
		letter = opcode == 0x77 ? '.' : two_byte[opcode] == 'B' ? 'B' : 'm';
	else if (map == 3 || map == 8)
		letter = 'B';
	else if (map == 10)
		letter = 'Z';
	return by_letter(r, letter);
}

static tg_root u32 vex_or_old(struct reader *r, u8 opcode)
{
	int next = peek(r);
	u32 skip = opcode == 0xc5 ? 1 : opcode == 0x62 ? 3 : 2, map = 1;

	if (next < 0)
		return 0;
	if (!r->is64 && opcode != 0x8f && (next & 0xc0) != 0xc0)
		return by_letter(r, 'm');	/* LES, LDS, BOUND */
	if (opcode != 0xc5)
		map = (u32)next & (opcode == 0x62 ? 7 : 0x1f);
	r->at += skip;
	return map ? vector_length(r, map) : 0;
}

static tg_root u32 two_bytes(struct reader *r)
{
	int opcode = peek(r);

	r->at++;
	if (opcode < 0)
		return 0;
	if (opcode == 0x38 || opcode == 0x3a) {
		r->at++;
		return r->at <= r->size ? by_letter(r, opcode == 0x38 ? 'm' : 'B') : 0;
	}
	if (opcode == 0x78 && (r->operand16 || r->repeat))
		return with_modrm(r, 2);	/* EXTRQ, INSERTQ */
	return by_letter(r, two_byte[opcode]);
}

static tg_root void prefix(struct reader *r, u8 byte)
{
	if (byte == 0x66)
		r->operand16 = true;
	else if (byte == 0x67)
		r->address_short = true;
	else if (byte == 0xf2)
		r->repeat = true;
	r->rex_w = false;
}

static tg_root u32 opcode_length(struct reader *r, u8 opcode)
{
	char letter = one_byte[opcode];

	if (r->rex_w)
		r->operand16 = false;
	if (letter == 'R')
		letter = '.';		/* INC, DEC */
	if (letter == 'E')
		return two_bytes(r);
	if (letter == 'V')
		return vex_or_old(r, opcode);
	if (letter == 'X') {
		if (peek(r) < 0 || (peek(r) & 0x1f) < 8)
			return by_letter(r, 'm');
		return vex_or_old(r, opcode);
	}
	return by_letter(r, letter);
}

tg_root u32 tg_insn_length(const u8 *code, u32 size, bool is64)
{
	struct reader r = { .code = code, .is64 = is64 };
	u32 length;

	r.size = size < TG_INSN_MAX ? size : TG_INSN_MAX;
	while (r.at < r.size) {
		u8 byte = code[r.at++];

		if (one_byte[byte] == 'P') {
			prefix(&r, byte);
			continue;
		}
		if (one_byte[byte] == 'R' && is64) {
			r.rex_w = byte & 8;
			continue;
		}
		length = opcode_length(&r, byte);
		return length <= r.size ? length : 0;
	}
	return 0;
}
