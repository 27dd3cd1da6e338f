// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of injection (SDM volume 3, "Interrupt and Exception Handling",
 * "VM Entries"; AMD APM volume 2, "Exceptions and Interrupts"). Pure functions
 * without state, called in root mode; nothing here knows a vendor.
 */
#include <trapgate/vectors.h>
#include "deliver.h"

enum df_class { BENIGN, CONTRIBUTORY, PAGEFAULT, DOUBLEFAULT };
enum error_kind { NONE, CODE, ZERO };

struct vector_rule {
	u8 error;		/* enum error_kind */
	u8 df;			/* enum df_class */
};

#define RULE(id, vec, mnemonic, name, err, cls) [vec] = { .error = err, .df = cls },
static const struct vector_rule vector_rules[TG_FIRST_INTERRUPT] = {
	TG_VECTORS(RULE)
};

/* The class counts for hardware exceptions only: INT n, INT3, INT1, interrupts
 * and NMI are benign whatever their vector.
 */
static tg_root enum df_class flight_class(const struct tg_flight *f)
{
	if (f->type != TG_TYPE_EXCEPTION || f->vector >= TG_FIRST_INTERRUPT)
		return BENIGN;
	return vector_rules[f->vector].df;
}

tg_root enum tg_nesting tg_nest(const struct tg_flight *first, const struct tg_flight *second)
{
	enum df_class a = flight_class(first), b = flight_class(second);

	if (b != CONTRIBUTORY && b != PAGEFAULT)
		return TG_NEST_SECOND;
	if (a == DOUBLEFAULT)
		return TG_NEST_TRIPLE;
	if (a == PAGEFAULT)
		return TG_NEST_DOUBLE;
	if (a == CONTRIBUTORY && b == CONTRIBUTORY)
		return TG_NEST_DOUBLE;
	return TG_NEST_SECOND;
}

tg_root bool tg_has_error_code(u8 vector)
{
	return vector < TG_FIRST_INTERRUPT && vector_rules[vector].error != NONE;
}

tg_root bool tg_error_is_zero(u8 vector)
{
	return vector < TG_FIRST_INTERRUPT && vector_rules[vector].error == ZERO;
}

tg_root struct tg_flight tg_exception(u8 vector, u32 error)
{
	struct tg_flight f = {
		.vector = vector,
		.type = TG_TYPE_EXCEPTION,
		.valid = true,
		.has_error = tg_has_error_code(vector),
		.error = error,
	};

	return f;
}

#define DR6_STICKY	(TG_DR6_BD | TG_DR6_BS)		/* set by #DB, cleared by software */
#define DR6_FIXED1	0xfffe07f0ull			/* always read as 1 */

/*
 * SDM "Debug Status Register (DR6)": B0-B3 are those of this #DB; BD and BS are
 * only ever set; bus lock and RTM are active low, and set (back to 1) by a #DB
 * with another cause.
 */
tg_root u64 tg_dr6_after_db(u64 dr6, u64 causes)
{
	dr6 &= ~TG_DR6_B;
	dr6 |= causes & (TG_DR6_B | DR6_STICKY);
	dr6 |= DR6_FIXED1 | TG_DR6_INVERTED;
	dr6 &= ~(causes & TG_DR6_INVERTED);
	return dr6;
}

#define DEBUGCTL_BTF	(1ull << 1)

tg_root u64 tg_pending_debug(u64 pending, u64 rflags, u64 debugctl)
{
	if ((rflags & TG_RFLAGS_TF) && !(debugctl & DEBUGCTL_BTF))
		return pending | TG_DR6_BS;
	return pending & ~TG_DR6_BS;
}
