/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TG_SCRIPT_VERIFY_FUNC_H
#define TG_SCRIPT_VERIFY_FUNC_H

#include "verify.h"

/* The code of one function; the image's tables are checked already. */
enum tg_reject tg_verify_func(const struct tg_program *p, u32 number,
			      struct tg_verify_work *work, u32 *insn);

#endif
