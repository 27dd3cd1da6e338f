// SPDX-License-Identifier: GPL-2.0
/* Reads format strings. No state; any context. */
#include "format.h"

static tg_root const char *read_flags(const char *s, struct tg_format_spec *spec)
{
	for (;; s++) {
		if (*s == '-')
			spec->flags |= TG_FORMAT_LEFT;
		else if (*s == '+')
			spec->flags |= TG_FORMAT_PLUS;
		else if (*s == ' ')
			spec->flags |= TG_FORMAT_SPACE;
		else if (*s == '#')
			spec->flags |= TG_FORMAT_ALT;
		else if (*s == '0')
			spec->flags |= TG_FORMAT_ZERO;
		else
			return s;
	}
}

static tg_root const char *read_number(const char *s, u32 most, u32 *value)
{
	*value = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		*value = *value * 10 + (u32)(*s - '0');
		if (*value > most)
			return NULL;
	}
	return s;
}

/* h, l and w, each once or twice; the bytes they stand for. */
static tg_root const char *read_size(const char *s, u32 *size)
{
	*size = 4;
	if (*s == 'h') {
		*size = s[1] == 'h' ? 1 : 2;
		return s + (s[1] == 'h' ? 2 : 1);
	}
	if (*s == 'l' || *s == 'w') {
		*size = 8;
		return s + (*s == 'l' && s[1] == 'l' ? 2 : 1);
	}
	return s;
}

tg_root const char *tg_format_next(const char *s, struct tg_format_spec *spec)
{
	u32 width, precision, size;
	bool wide;

	spec->flags = 0;
	spec->precision = -1;
	s = read_flags(s, spec);
	s = read_number(s, TG_FORMAT_WIDTH, &width);
	if (!s)
		return NULL;
	spec->width = (u8)width;
	if (*s == '.') {
		s = read_number(s + 1, TG_FORMAT_PRECISION, &precision);
		if (!s)
			return NULL;
		spec->precision = (s8)precision;
	}
	wide = *s == 'w';
	s = read_size(s, &size);
	spec->size = (u8)size;
	spec->conversion = *s == 'i' ? 'd' : *s;
	if (*s == 's' || *s == 'c')
		spec->size = size == 8 ? 2 : 1;
	else if (wide)
		return NULL;
	if (*s == 'p')
		spec->size = 8;
	for (const char *known = "duioxXbcpsf%"; *known; known++)
		if (*known == *s)
			return s + 1;
	return NULL;
}

tg_root int tg_format_count(const char *format)
{
	struct tg_format_spec spec;
	int count = 0;

	while (*format) {
		if (*format++ != '%')
			continue;
		format = tg_format_next(format, &spec);
		if (!format)
			return -1;
		count += spec.conversion != '%';
	}
	return count;
}
