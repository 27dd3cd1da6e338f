// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers as HyperDbg's users write them: hexadecimal unless said otherwise.
 * Nothing saturates: what does not fit is refused.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trapgate.h"

/* Returns the base a prefix asks for and moves past it, or 0. */
static unsigned int number_prefix(const char **text)
{
	const char *p = *text;
	char c;

	if (*p == '0' || *p == '\\')
		c = p[1];
	else
		c = p[0];
	c = (char)tolower((unsigned char)c);
	if (c != 'x' && c != 'n')
		return 0;
	*text = p + ((*p == '0' || *p == '\\') ? 2 : 1);
	return c == 'x' ? 16 : 10;
}

bool tg_number_has_prefix(const char *text)
{
	return number_prefix(&text) != 0;
}

static int number_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int tg_number_parse(const char *text, unsigned int radix, __u64 max, __u64 *value)
{
	unsigned int base = number_prefix(&text);
	bool too_large = false;
	int digits = 0;
	__u64 v = 0;

	if (!base)
		base = radix;
	for (; *text; text++) {
		int d;

		if (*text == '`' && digits)
			continue;
		d = number_digit(*text);
		if (d < 0 || (unsigned int)d >= base)
			return -EINVAL;
		digits++;
		if (__builtin_mul_overflow(v, (__u64)base, &v) ||
		    __builtin_add_overflow(v, (__u64)d, &v))
			too_large = true;	/* malformed wins: read on */
	}
	if (!digits)
		return -EINVAL;
	if (too_large || v > max)
		return -ERANGE;
	*value = v;
	return 0;
}

int tg_number_bytes(const char *text, __u64 *value)
{
	char *end;
	__u64 v;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno)
		return -ERANGE;
	if (*end == 'k' || *end == 'K') {
		if (__builtin_mul_overflow(v, 1024ull, &v))
			return -ERANGE;
		end++;
	} else if (*end == 'm' || *end == 'M') {
		if (__builtin_mul_overflow(v, 1024ull * 1024, &v))
			return -ERANGE;
		end++;
	}
	if (*end)
		return -EINVAL;
	*value = v;
	return 0;
}
