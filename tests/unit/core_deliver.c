// SPDX-License-Identifier: GPL-2.0
/*
 * The rules of injection. What is expected is written down here once more, from
 * the manual's tables, not derived from the vector table.
 */
#include "core_world.h"
#include "deliver.h"

enum oracle { BEN, CON, PGF, DBF };

static enum oracle oracle_class(u8 vector, u8 type)
{
	if (type != TG_TYPE_EXCEPTION)
		return BEN;
	switch (vector) {
	case 8:
		return DBF;
	case 14: case 20:	/* #PF #VE */
		return PGF;
	case 0: case 10: case 11: case 12: case 13:	/* #DE #TS #NP #SS #GP */
	case 21: case 29: case 30:			/* #CP #VC #SX */
		return CON;
	}
	return BEN;
}

static const u8 types[] = {
	TG_TYPE_INTERRUPT, TG_TYPE_NMI, TG_TYPE_EXCEPTION, TG_TYPE_INT_N,
	TG_TYPE_INT1, TG_TYPE_INT3_INTO,
};

#define NR_FLIGHTS (256 * TG_ARRAY_SIZE(types))

static struct tg_flight flight(unsigned int i)
{
	return (struct tg_flight){
		.vector = i % 256, .type = types[i / 256], .valid = true };
}

/* What the hardware of both vendors reads and writes as one word. */
static void test_flight_word_is_the_hardware_layout(void **state)
{
	struct tg_flight f = { .vector = 14, .type = TG_TYPE_EXCEPTION, .has_error = true,
			       .valid = true };

	(void)state;
	assert_int_equal(sizeof(f), 16);
	assert_int_equal(f.word, 0x80000b0e);
	f = (struct tg_flight){ .vector = 0xff, .type = TG_TYPE_INT3_INTO, .insn_len = 15,
				.valid = true };
	assert_int_equal(f.word, 0x8000f6ff);
	assert_int_equal(f.word & TG_FLIGHT_EVENT, 0x800006ff);
	assert_int_equal(TG_FLIGHT_WORD(TG_TYPE_NMI, 2), 0x80000202);
	f = (struct tg_flight){ .word = 0x80000b0d };
	assert_int_equal(f.vector, 13);
	assert_int_equal(f.type, TG_TYPE_EXCEPTION);
	assert_true(f.valid);
	assert_true(f.has_error);
	assert_int_equal(f.insn_len, 0);
	f = (struct tg_flight){ .word = 0x00001003 };
	assert_false(f.valid);
	assert_false(f.has_error);
	assert_int_equal(f.insn_len, 1);
}

static void test_INJ_NEST_all_pairs(void **state)
{
	static const enum tg_nesting expected[4][4] = {
		[BEN] = { TG_NEST_SECOND, TG_NEST_SECOND, TG_NEST_SECOND, TG_NEST_SECOND },
		[CON] = { TG_NEST_SECOND, TG_NEST_DOUBLE, TG_NEST_SECOND, TG_NEST_SECOND },
		[PGF] = { TG_NEST_SECOND, TG_NEST_DOUBLE, TG_NEST_DOUBLE, TG_NEST_SECOND },
		[DBF] = { TG_NEST_SECOND, TG_NEST_TRIPLE, TG_NEST_TRIPLE, TG_NEST_SECOND },
	};
	unsigned int count[3] = { 0 };

	(void)state;
	for (unsigned int a = 0; a < NR_FLIGHTS; a++) {
		for (unsigned int b = 0; b < NR_FLIGHTS; b++) {
			struct tg_flight first = flight(a), second = flight(b);
			enum tg_nesting nest = tg_nest(&first, &second);
			enum tg_nesting want = expected[oracle_class(first.vector, first.type)]
						       [oracle_class(second.vector, second.type)];

			if (nest != want)
				fail_msg("%02x type %u, then %02x type %u: %d, not %d",
					 first.vector, first.type, second.vector, second.type,
					 nest, want);
			count[nest]++;
		}
	}
	/* 8 contributory, 2 page faults, 1 #DF */
	assert_int_equal(count[TG_NEST_DOUBLE], 8 * 8 + 2 * 10);
	assert_int_equal(count[TG_NEST_TRIPLE], 10);
}

static enum tg_nesting nest_of(u8 v1, u8 t1, u8 v2)
{
	struct tg_flight first = { .vector = v1, .type = t1, .valid = true };
	struct tg_flight second = tg_exception(v2, 0);

	return tg_nest(&first, &second);
}

static void test_INJ_NEST_in_words(void **state)
{
	(void)state;
	assert_int_equal(nest_of(13, TG_TYPE_EXCEPTION, 13), TG_NEST_DOUBLE);
	assert_int_equal(nest_of(13, TG_TYPE_EXCEPTION, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(14, TG_TYPE_EXCEPTION, 14), TG_NEST_DOUBLE);
	assert_int_equal(nest_of(14, TG_TYPE_EXCEPTION, 11), TG_NEST_DOUBLE);
	assert_int_equal(nest_of(8, TG_TYPE_EXCEPTION, 14), TG_NEST_TRIPLE);
	assert_int_equal(nest_of(8, TG_TYPE_EXCEPTION, 6), TG_NEST_SECOND);
	assert_int_equal(nest_of(6, TG_TYPE_EXCEPTION, 14), TG_NEST_SECOND);
	/* the same vectors from INT n, INT3, INT1, NMI, interrupts: benign */
	assert_int_equal(nest_of(13, TG_TYPE_INT_N, 13), TG_NEST_SECOND);
	assert_int_equal(nest_of(14, TG_TYPE_INT_N, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(8, TG_TYPE_INT_N, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(3, TG_TYPE_INT3_INTO, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(1, TG_TYPE_INT1, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(2, TG_TYPE_NMI, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(0xec, TG_TYPE_INTERRUPT, 14), TG_NEST_SECOND);
	assert_int_equal(nest_of(14, TG_TYPE_INTERRUPT, 14), TG_NEST_SECOND);
}

static void test_INJ_ERR_vectors(void **state)
{
	static const u8 with_error[] = { 8, 10, 11, 12, 13, 14, 17, 21, 29, 30 };

	(void)state;
	for (unsigned int v = 0; v < 256; v++) {
		bool expected = false;
		struct tg_flight f;

		for (unsigned int i = 0; i < sizeof(with_error); i++)
			expected |= with_error[i] == v;
		assert_int_equal(tg_has_error_code(v), expected);
		f = tg_exception(v, 0x5a);
		assert_int_equal(f.vector, v);
		assert_int_equal(f.type, TG_TYPE_EXCEPTION);
		assert_true(f.valid);
		assert_int_equal(f.has_error, expected);
		assert_int_equal(f.error, 0x5a);
		assert_int_equal(f.insn_len, 0);
		assert_int_equal(f.address, 0);
	}
}

static void test_INJ_RF_pushed(void **state)
{
	static const u8 faults[] = { 0, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19, 20, 21 };
	static const u8 others[] = { TG_VEC_DB, TG_VEC_DF, TG_VEC_MC };

	(void)state;
	for (unsigned int i = 0; i < sizeof(faults); i++) {
		struct tg_flight f = tg_exception(faults[i], 0);

		assert_true(tg_pushes_rf(&f));
	}
	for (unsigned int i = 0; i < sizeof(others); i++) {
		struct tg_flight f = tg_exception(others[i], 0);

		assert_false(tg_pushes_rf(&f));
	}
	for (unsigned int i = 0; i < NR_FLIGHTS; i++) {
		struct tg_flight f = flight(i);

		if (f.type != TG_TYPE_EXCEPTION)
			assert_false(tg_pushes_rf(&f));
	}
}

#define DR6_INIT	0xffff0ff0ull
#define BLD		(1ull << 11)
#define BD		(1ull << 13)
#define BS		(1ull << 14)
#define BT		(1ull << 15)
#define RTM		(1ull << 16)

static void test_INJ_DR6_exact(void **state)
{
	(void)state;
	assert_int_equal(tg_dr6_after_db(DR6_INIT, 0), DR6_INIT);
	assert_int_equal(tg_dr6_after_db(DR6_INIT, 1), 0xffff0ff1);
	assert_int_equal(tg_dr6_after_db(DR6_INIT, 0xf), 0xffff0fff);
	/* B0-B3 are those of this one */
	assert_int_equal(tg_dr6_after_db(DR6_INIT | 0xd, 2), 0xffff0ff2);
	assert_int_equal(tg_dr6_after_db(DR6_INIT | 0xf, 0), DR6_INIT);
	/* BD and BS are set and stay */
	assert_int_equal(tg_dr6_after_db(DR6_INIT, BS), 0xffff4ff0);
	assert_int_equal(tg_dr6_after_db(DR6_INIT, BD), 0xffff2ff0);
	assert_int_equal(tg_dr6_after_db(0xffff4ff0, 4), 0xffff4ff4);
	assert_int_equal(tg_dr6_after_db(0xffff2ff0, BS), 0xffff6ff0);
	/* BT (task switch) is not a cause of a #DB exit, and stays */
	assert_int_equal(tg_dr6_after_db(DR6_INIT | BT, 1), 0xffff8ff1);
	/* RTM and bus lock: 0 says it happened */
	assert_int_equal(tg_dr6_after_db(DR6_INIT, RTM), 0xfffe0ff0);
	assert_int_equal(tg_dr6_after_db(DR6_INIT, RTM | BS), 0xfffe4ff0);
	assert_int_equal(tg_dr6_after_db(DR6_INIT, BLD), 0xffff07f0);
	/* "This bit is set for any other debug exception": RTM */
	assert_int_equal(tg_dr6_after_db(0xfffe0ff0, 1), 0xffff0ff1);
	/* what the guest cannot have cleared reads as 1 */
	assert_int_equal(tg_dr6_after_db(0, 0) & 0xfffe07f0, 0xfffe07f0);
	/* bit 12 of the pending-#DB layout says "enabled", and is not DR6's */
	assert_int_equal(tg_dr6_after_db(DR6_INIT, 1 | 1ull << 12), 0xffff0ff1);
	assert_int_equal(tg_dr6_after_db(DR6_INIT, ~0ull), 0xfffe67ff);
}

static void test_INJ_DR6_properties(void **state)
{
	u32 seed = 0x1234567;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		u64 dr6 = random_next(&seed), causes = random_next(&seed);
		u64 after = tg_dr6_after_db(dr6, causes);

		assert_int_equal(after >> 32, 0);
		assert_int_equal(after & 0xf, causes & 0xf);
		assert_int_equal(after & (BD | BS), (dr6 | causes) & (BD | BS));
		assert_int_equal(after & RTM, ~causes & RTM);
		if (causes & BLD)
			assert_int_equal(after & BLD, 0);
		else if (dr6 & BLD)
			assert_int_equal(after & BLD, BLD);
		assert_int_equal(after & 0xfffe07f0, 0xfffe07f0);
	}
}

static void test_INJ_PENDDBG_bs(void **state)
{
	u32 seed = 0xabcdef;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		u64 pending = (u64)random_next(&seed) << 32 | random_next(&seed);
		u64 rflags = random_next(&seed), debugctl = random_next(&seed);
		u64 after = tg_pending_debug(pending, rflags, debugctl);
		bool tf = rflags >> 8 & 1, btf = debugctl >> 1 & 1;

		assert_int_equal(after & ~BS, pending & ~BS);
		assert_int_equal(after & BS, tf && !btf ? BS : 0);
	}
}

static void arbitrate_check(const struct tg_gate *g)
{
	struct tg_plan p = tg_arbitrate(g);
	bool interrupt = g->interrupt, enabled = g->rflags >> 9 & 1;
	bool sti = g->blocking & 1, movss = g->blocking & 2, nmi_blocked = g->blocking & 8;
	bool nmi_goes = g->nmi && !g->busy && !sti && !movss && !nmi_blocked;
	bool interrupt_goes = interrupt && !g->busy && !nmi_goes && enabled && !sti && !movss;
	bool nmi_waits = g->nmi && !nmi_goes;
	/* the NMI window may open under STI, on a state the entry refuses */
	bool by_int_window = nmi_waits && sti && !nmi_blocked && !g->busy;

	assert_int_equal(p.inject_nmi, nmi_goes);
	assert_int_equal(p.inject_interrupt, interrupt_goes);
	assert_true(p.inject_nmi + p.inject_interrupt + g->busy <= 1);
	if (p.inject_interrupt)
		assert_true(enabled && !(g->blocking & 3));
	/* whatever waits has a window */
	if (nmi_waits)
		assert_true(p.nmi_window || p.int_window);
	if (interrupt && !interrupt_goes)
		assert_true(p.int_window);
	/* and no window is open for nothing */
	assert_int_equal(p.nmi_window, nmi_waits && !by_int_window);
	assert_int_equal(p.step, by_int_window);
	assert_int_equal(p.int_window,
			 by_int_window || (interrupt && !interrupt_goes));
}

static void test_INT_WINDOW_NMI_VIRT_all_combinations(void **state)
{
	static const u64 flags[] = { 0, TG_RFLAGS_TF, TG_RFLAGS_RF, 0xcd5 };

	(void)state;
	for (unsigned int bits = 0; bits < 1u << 8; bits++) {
		struct tg_gate g = {
			.blocking = bits & 15,	/* bit 2: by SMI, not our business */
			.busy = bits & 16, .nmi = bits & 32, .interrupt = bits & 64,
		};

		for (unsigned int f = 0; f < TG_ARRAY_SIZE(flags); f++) {
			g.rflags = flags[f] | (bits & 128 ? TG_RFLAGS_IF : 0);
			arbitrate_check(&g);
		}
	}
}

static void test_NMI_VIRT_under_sti(void **state)
{
	struct tg_gate g = {
		.rflags = TG_RFLAGS_IF, .blocking = TG_BLOCK_STI, .nmi = true };
	struct tg_plan p = tg_arbitrate(&g);

	(void)state;
	assert_true(p.int_window && !p.nmi_window && !p.inject_nmi);
	g.blocking = TG_BLOCK_MOVSS;
	p = tg_arbitrate(&g);
	assert_true(p.nmi_window && !p.int_window && !p.inject_nmi);
	g.blocking = TG_BLOCK_NMI;
	p = tg_arbitrate(&g);
	assert_true(p.nmi_window && !p.int_window && !p.inject_nmi);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flight_word_is_the_hardware_layout),
		cmocka_unit_test(test_INJ_NEST_all_pairs),
		cmocka_unit_test(test_INJ_NEST_in_words),
		cmocka_unit_test(test_INJ_ERR_vectors),
		cmocka_unit_test(test_INJ_RF_pushed),
		cmocka_unit_test(test_INJ_DR6_exact),
		cmocka_unit_test(test_INJ_DR6_properties),
		cmocka_unit_test(test_INJ_PENDDBG_bs),
		cmocka_unit_test(test_INT_WINDOW_NMI_VIRT_all_combinations),
		cmocka_unit_test(test_NMI_VIRT_under_sti),
	};

	return cmocka_run_group_tests_name("core_inject", tests, NULL, NULL);
}
