// SPDX-License-Identifier: GPL-2.0
/* Error values of the library: a code and a sentence. */
#include <stdarg.h>
#include <stdio.h>

#include "trapgate.h"

int tg_error_set(struct tg_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return code;
}
