// SPDX-License-Identifier: GPL-2.0
/*
 * printf, print and formats. Text is gathered in run->text and given away when
 * that is full and at the end of each call. Runs in root mode.
 */
#include "format.h"
#include "guest.h"
#include "print.h"

static tg_root void put(struct tg_run *run, char c)
{
	if (run->text_used == TG_RUN_TEXT)
		tg_print_flush(run);
	run->text[run->text_used++] = c;
}

tg_root void tg_print_flush(struct tg_run *run)
{
	u32 size = run->text_used;

	run->text_used = 0;
	tg_host_print(run, run->text, size);
}

static tg_root void put_text(struct tg_run *run, const char *text, u32 size)
{
	for (u32 i = 0; i < size; i++)
		put(run, text[i]);
}

static tg_root void put_many(struct tg_run *run, char c, u32 count)
{
	while (count--)
		put(run, c);
}

/* Digits of v towards lower addresses; returns the first. */
static tg_root char *digits(char *end, u64 v, char conversion)
{
	unsigned int shift = conversion == 'o' ? 3 : conversion == 'b' ? 1 : 4;
	char ten = conversion == 'X' ? 'A' - 10 : 'a' - 10;

	if (conversion == 'd' || conversion == 'u') {
		for (; v > 9; v /= 10)
			*--end = (char)('0' + v % 10);
		*--end = (char)('0' + v);
		return end;
	}
	do {
		u64 digit = v & ((1u << shift) - 1);

		*--end = (char)(digit < 10 ? '0' + digit : ten + digit);
		v >>= shift;
	} while (v);
	return end;
}

/* prefix, zeros up to the precision or the width, body; in a field. */
static tg_root void put_field(struct tg_run *run, const struct tg_format_spec *spec,
			      const char *prefix, const char *body, u32 size)
{
	u32 before = 0, zeros = 0, total;

	while (prefix[before])
		before++;
	if (spec->precision > 0 && (u32)spec->precision > size && spec->conversion != 'f')
		zeros = (u32)spec->precision - size;
	total = before + zeros + size;
	if ((spec->flags & (TG_FORMAT_ZERO | TG_FORMAT_LEFT)) == TG_FORMAT_ZERO &&
	    (spec->precision < 0 || spec->conversion == 'f') && total < spec->width) {
		zeros += spec->width - total;
		total = spec->width;
	}
	if (!(spec->flags & TG_FORMAT_LEFT) && total < spec->width)
		put_many(run, ' ', spec->width - total);
	put_text(run, prefix, before);
	put_many(run, '0', zeros);
	put_text(run, body, size);
	if ((spec->flags & TG_FORMAT_LEFT) && total < spec->width)
		put_many(run, ' ', spec->width - total);
}

static tg_root const char *sign_of(const struct tg_format_spec *spec, bool negative)
{
	if (negative)
		return "-";
	if (spec->flags & TG_FORMAT_PLUS)
		return "+";
	return spec->flags & TG_FORMAT_SPACE ? " " : "";
}

static tg_root const char *base_prefix(char conversion)
{
	if (conversion == 'o')
		return "0";
	if (conversion == 'b')
		return "0b";
	return conversion == 'X' ? "0X" : "0x";
}

static tg_root void put_integer(struct tg_run *run, const struct tg_format_spec *spec, u64 v)
{
	char text[64], *end = text + sizeof(text), *start;
	unsigned int unused = 64 - 8 * spec->size;
	const char *prefix = "";

	if (spec->conversion == 'd') {
		bool negative = (s64)(v << unused) < 0;

		v = (u64)((s64)(v << unused) >> unused);
		prefix = sign_of(spec, negative);
		if (negative)
			v = -v;
	} else {
		v = v << unused >> unused;
		if (spec->conversion == 'p' ||
		    (spec->flags & TG_FORMAT_ALT && v && spec->conversion != 'u'))
			prefix = base_prefix(spec->conversion);
	}
	start = digits(end, v, spec->conversion);
	if (!spec->precision && !v)
		start = end;
	put_field(run, spec, prefix, start, (u32)(end - start));
}

static tg_root void put_double(struct tg_run *run, const struct tg_format_spec *spec, u64 v)
{
	char text[TG_DOUBLE_TEXT];
	struct tg_format_spec plain = *spec;
	bool negative = v >> 63;
	u32 size = tg_double_text(text, v, spec->precision < 0 ? 6 : (u32)spec->precision,
				  spec->flags & TG_FORMAT_ALT);

	if (text[0] > '9')		/* inf, nan */
		plain.flags &= (u8)~TG_FORMAT_ZERO;
	put_field(run, &plain, sign_of(spec, negative), text, size);
}

/* UTF-8 of one 21-bit code point. */
static tg_root u32 utf8(char *to, u32 c)
{
	u32 more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	u32 lead = more ? 0xff00u >> (more + 1) & 0xff : 0;

	for (u32 i = more; i; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(lead | c);
	return more + 1;
}

/* The unit at an address: a byte, or UTF-16. Surrogates become one code point. */
static tg_root u32 next_char(struct tg_run *run, u64 *address, u32 size, u32 *c)
{
	u64 unit, low;
	u32 error = tg_mem_load(run, *address, size, &unit);

	*address += size;
	*c = (u32)unit;
	if (error || size == 1 || (unit & 0xfc00) != 0xd800)
		return error;
	error = tg_mem_load(run, *address, size, &low);
	if (!error && (low & 0xfc00) == 0xdc00) {
		*c = 0x10000 + (((u32)unit & 0x3ff) << 10 | ((u32)low & 0x3ff));
		*address += size;
	}
	return error;
}

static tg_root u32 put_char(struct tg_run *run, u32 size, u32 c)
{
	char text[4];

	if (size == 1)
		put(run, (char)c);
	else
		put_text(run, text, utf8(text, c));
	return 1;
}

/* Two ways over the string when it is to be right-aligned. */
static tg_root u32 put_string(struct tg_run *run, const struct tg_format_spec *spec, u64 start)
{
	u32 most = spec->precision < 0 ? TG_RUN_STRING : (u32)spec->precision;
	u32 length = 0, c, error;
	u64 address = start;

	for (; length < most; length++) {
		error = next_char(run, &address, spec->size, &c);
		if (!error)
			error = tg_run_charge(run, 1);
		if (error)
			return error;
		if (!c)
			break;
	}
	if (length == TG_RUN_STRING)
		return tg_run_fail(run, TG_ERR_TEXT, start);
	if (!(spec->flags & TG_FORMAT_LEFT) && length < spec->width)
		put_many(run, ' ', spec->width - length);
	address = start;
	for (u32 i = 0; i < length; i++) {
		error = next_char(run, &address, spec->size, &c);
		if (error)
			return error;
		put_char(run, spec->size, c);
	}
	if ((spec->flags & TG_FORMAT_LEFT) && length < spec->width)
		put_many(run, ' ', spec->width - length);
	return TG_ERR_NONE;
}

static tg_root void put_one_char(struct tg_run *run, const struct tg_format_spec *spec, u64 v)
{
	u32 pad = spec->width > 1 ? spec->width - 1u : 0;

	if (!(spec->flags & TG_FORMAT_LEFT))
		put_many(run, ' ', pad);
	put_char(run, spec->size, spec->size == 1 ? (u8)v : (u16)v);
	if (spec->flags & TG_FORMAT_LEFT)
		put_many(run, ' ', pad);
}

static tg_root u32 put_value(struct tg_run *run, const struct tg_format_spec *spec, u64 v)
{
	if (spec->conversion == 's')
		return put_string(run, spec, v);
	if (spec->conversion == 'f')
		put_double(run, spec, v);
	else if (spec->conversion == 'c')
		put_one_char(run, spec, v);
	else
		put_integer(run, spec, v);
	return TG_ERR_NONE;
}

/* An error leaves nothing of this call's text that is not given away already. */
tg_root u32 tg_print_format(struct tg_run *run, const char *format, const u64 *arg, u32 nr)
{
	struct tg_format_spec spec;
	u32 used = 0, error;
	const char *s = format;

	for (; *s; ) {
		if (*s != '%') {
			put(run, *s++);
			continue;
		}
		s = tg_format_next(s + 1, &spec);
		if (spec.conversion == '%') {
			put(run, '%');
			continue;
		}
		error = used < nr ? put_value(run, &spec, arg[used++]) : TG_ERR_HERE;
		if (error) {
			run->text_used = 0;
			return error;
		}
	}
	tg_print_flush(run);
	return tg_run_charge(run, (u64)(s - format));
}

/* The value in the bases, one a line, as the command `.formats` of debuggers. */
tg_root u32 tg_print_formats(struct tg_run *run, u64 value)
{
	u64 arg[] = { value, value, value, value };
	u32 error = tg_print_format(run, "Hex     : 0x%016llx\nDecimal : %lld\nOctal   : %llo\n"
				    "Binary  : %064llb\n", arg, 4);

	if (error)
		return error;
	for (int i = 0; i < 8; i++) {
		u8 c = (u8)(value >> (56 - 8 * i));

		arg[0] = c >= ' ' && c < 0x7f ? c : '.';
		if (!i)
			put_text(run, "Chars   : ", 10);
		put(run, (char)arg[0]);
	}
	return tg_print_format(run, "\nDouble  : %f\n", &value, 1);
}
