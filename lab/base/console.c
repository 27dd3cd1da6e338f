// SPDX-License-Identifier: GPL-2.0
/*
 * Output: each call of lab_print() is one 'O' frame on the debug port, the exit
 * status an 'S' frame, as vm/run reads them: 1e 'T' 'G', kind, length (16 bits,
 * low byte first), body. Not on COM1: Bochs' would carry 11.5 kB/s.
 */
#include "lab.h"

#define DEBUG_PORT	0xe9

struct text {
	char *to;
	size_t size, length;
};

static void put(struct text *t, char c)
{
	if (t->length + 1 < t->size)
		t->to[t->length] = c;
	t->length++;
}

static void put_string(struct text *t, const char *s, int width, int precision, bool left)
{
	int n = 0, i;

	while (s[n] && (precision < 0 || n < precision))
		n++;
	for (i = n; !left && i < width; i++)
		put(t, ' ');
	for (i = 0; i < n; i++)
		put(t, s[i]);
	for (i = n; left && i < width; i++)
		put(t, ' ');
}

static void put_number(struct text *t, u64 v, unsigned int base, bool minus, int width, char pad)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (minus && pad == '0')
		put(t, '-');
	for (width -= minus; width > n; width--)
		put(t, pad);
	if (minus && pad != '0')
		put(t, '-');
	while (n)
		put(t, digits[--n]);
}

static void put_signed(struct text *t, long v, int width, char pad)
{
	put_number(t, v < 0 ? -(u64)v : (u64)v, 10, v < 0, width, pad);
}

static int decimal(const char **p)
{
	int v = 0;

	while (**p >= '0' && **p <= '9')
		v = v * 10 + *(*p)++ - '0';
	return v;
}

/*
 * As vsnprintf, with these conversions: %c %s %d %u %x %p %%, width, zero padding, a
 * precision (also *) and '-' for %s, and the length l. %p is 16 digits. Unknown ones are
 * printed as they are.
 */
int lab_vformat(char *to, size_t size, const char *f, __builtin_va_list list)
{
	struct text t = { to, size, 0 };

	for (; *f; f++) {
		int width, longs = 0, precision = -1;
		char pad = ' ';
		bool left = false;

		if (*f != '%') {
			put(&t, *f);
			continue;
		}
		if (*++f == '-') {
			left = true;
			f++;
		}
		if (*f == '0')
			pad = '0';
		width = decimal(&f);
		if (*f == '.') {
			f++;
			precision = *f == '*' ? f++, __builtin_va_arg(list, int) : decimal(&f);
		}
		while (*f == 'l')
			longs++, f++;
		switch (*f) {
		case 'c':
			put(&t, (char)__builtin_va_arg(list, int));
			break;
		case 's':
			put_string(&t, __builtin_va_arg(list, const char *), width, precision,
				   left);
			break;
		case 'd':
			put_signed(&t, longs ? __builtin_va_arg(list, long) :
				   __builtin_va_arg(list, int), width, pad);
			break;
		case 'u':
		case 'x':
			put_number(&t, longs ? __builtin_va_arg(list, u64) :
				   __builtin_va_arg(list, unsigned int),
				   *f == 'x' ? 16 : 10, false, width, pad);
			break;
		case 'p':
			put_number(&t, __builtin_va_arg(list, u64), 16, false, 16, '0');
			break;
		case '%':
			put(&t, '%');
			break;
		default:
			put(&t, '%');
			put(&t, *f);
		}
	}
	if (size)
		to[t.length < size ? t.length : size - 1] = 0;
	return t.length;
}

int lab_format(char *to, size_t size, const char *format, ...)
{
	__builtin_va_list list;
	int n;

	__builtin_va_start(list, format);
	n = lab_vformat(to, size, format, list);
	__builtin_va_end(list);
	return n;
}

static void send(char kind, const char *body, size_t size)
{
	const char head[6] = { 0x1e, 'T', 'G', kind, size & 0xff, size >> 8 };
	size_t i;

	for (i = 0; i < sizeof(head); i++)
		lab_out8(DEBUG_PORT, head[i]);
	for (i = 0; i < size; i++)
		lab_out8(DEBUG_PORT, body[i]);
}

void lab_print(const char *format, ...)
{
	char text[512];
	__builtin_va_list list;
	size_t n;

	__builtin_va_start(list, format);
	n = lab_vformat(text, sizeof(text), format, list);
	__builtin_va_end(list);
	if (n > sizeof(text) - 1)
		n = sizeof(text) - 1;
	send('O', text, n);
}

void lab_exit(int status)
{
	const char body = status;

	send('S', &body, 1);
	for (;;)
		asm volatile("cli; hlt");
}
