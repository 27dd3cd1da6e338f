// SPDX-License-Identifier: GPL-2.0
/* Trace lines, notes and JSON: exact strings, since others parse them. */
#include "cli_fake.h"
#include "session.h"

static const struct tg_clock test_clock = { .tsc = FAKE_TSC0, .khz = FAKE_KHZ };

static void line(const struct tg_record *rec, const char *expected)
{
	char text[512];

	assert_string_equal(tg_format_record(rec, &test_clock, text, sizeof(text)), expected);
}

static void test_page_fault(void **state)
{
	struct tg_record rec = fake_record(0, 1, 12345678000ull);

	(void)state;
	line(&rec, "   12.345678   1 1168/1169       prog              0 0e #PF "
		   "rip 0x0000000000401136 cpl 3 delivered error 0x6 user write not-present "
		   "address 0x000000000dead000");
	rec.event = 26;
	rec.verdict = TG_SWALLOWED;
	rec.error = 0x15;
	strcpy(rec.comm, "Web\tContent");
	line(&rec, "   12.345678   1 1168/1169       Web?Content     0x1a 0e #PF "
		   "rip 0x0000000000401136 cpl 3 swallowed error 0x15 user exec protection "
		   "address 0x000000000dead000");
}

static void test_others(void **state)
{
	struct tg_record rec = fake_record(0, 0, 1000);

	(void)state;
	rec.vector = 0xec;
	rec.type = TG_TYPE_INTERRUPT;
	rec.flags = 0;
	rec.cpl = 0;
	rec.rip = 0xffffffff81000000ull;
	line(&rec, "    0.000001   0 1168/1169       prog              0 ec     "
		   "rip 0xffffffff81000000 cpl 0 delivered");
	rec.vector = 1;
	rec.type = TG_TYPE_INT1;
	line(&rec, "    0.000001   0 1168/1169       prog              0 01 #DB "
		   "rip 0xffffffff81000000 cpl 0 delivered by int1");
	rec.type = TG_TYPE_EXCEPTION;
	rec.flags = TG_RECF_ADDRESS;
	rec.address = 0x4001;
	line(&rec, "    0.000001   0 1168/1169       prog              0 01 #DB "
		   "rip 0xffffffff81000000 cpl 0 delivered dr6 0x4001 bp0 single-step");
	rec.vector = 0x0d;
	rec.flags = TG_RECF_ERROR;
	rec.error = 0;
	line(&rec, "    0.000001   0 1168/1169       prog              0 0d #GP "
		   "rip 0xffffffff81000000 cpl 0 delivered error 0x0");
}

static void test_types(void **state)
{
	static const struct {
		__u8 type;
		const char *word;
	} table[] = {
		{ 0, "interrupt" }, { 1, "unknown" }, { 2, "nmi" }, { 3, "exception" },
		{ 4, "int-n" }, { 5, "int1" }, { 6, "int3-into" }, { 7, "unknown" },
		{ 255, "unknown" },
	};
	struct tg_record rec = fake_record(0, 0, 1000);
	char text[512], expected[64];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tg_inject_spec spec = { .type = table[i].type, .vector = 0x80 };

		assert_string_equal(tg_format_type(table[i].type), table[i].word);
		snprintf(expected, sizeof(expected), "%s 0x80 (128)", table[i].word);
		assert_string_equal(tg_format_inject(&spec, text, sizeof(text)), expected);
	}
	rec.vector = 0x80;
	rec.type = 4;
	rec.flags = 0;
	line(&rec, "    0.000001   0 1168/1169       prog              0 80     rip "
		   "0x0000000000401136 cpl 3 delivered by int-n");
}

static void test_nested(void **state)
{
	struct tg_record rec = fake_record(0, 0, 1000);

	(void)state;
	rec.vector = 0x0b;
	rec.error = 0x10;
	rec.flags = TG_RECF_ERROR | TG_RECF_NESTED | TG_RECF_DOUBLE;
	rec.first_vector = 0x0d;
	rec.first_type = TG_TYPE_EXCEPTION;
	line(&rec, "    0.000001   0 1168/1169       prog              0 0b #NP "
		   "rip 0x0000000000401136 cpl 3 delivered error 0x10 gdt selector 0x10, while 0d "
		   "#GP was delivered, the guest gets 08 #DF instead");
	rec.flags = TG_RECF_NESTED | TG_RECF_DROPPED;
	rec.first_vector = 0x30;
	line(&rec, "    0.000001   0 1168/1169       prog              0 0b #NP "
		   "rip 0x0000000000401136 cpl 3 delivered, while 30 was delivered, which "
		   "is not replayed");
}

static void error_is(unsigned int vector, __u32 code, const char *expected)
{
	char text[128];

	assert_string_equal(tg_format_error(vector, code, text, sizeof(text)), expected);
}

static void test_errors(void **state)
{
	(void)state;
	error_is(0x0e, 0, "kernel read not-present");
	error_is(0x0e, 1, "kernel read protection");
	error_is(0x0e, 3, "kernel write protection");
	error_is(0x0e, 4, "user read not-present");
	error_is(0x0e, 7, "user write protection");
	error_is(0x0e, 0x14, "user exec not-present");
	error_is(0x0e, 0x0d, "user read protection rsvd");
	error_is(0x0e, 0x25, "user read protection pk");
	error_is(0x0e, 0x47, "user write protection shstk");
	error_is(0x0e, 0x8007, "user write protection sgx");
	error_is(0x0e, 0x80000007, "user write protection rmp");
	error_is(0x0e, 0x10007, "user write protection +0x10000");
	error_is(0x0d, 0, "");
	error_is(0x0d, 0x1a0, "gdt selector 0x1a0");
	error_is(0x0d, 0x1a4, "ldt selector 0x1a0");
	error_is(0x0d, 0x0402, "idt vector 0x80");
	error_is(0x0d, 0x0403, "idt vector 0x80 ext");
	error_is(0x0b, 0x11, "gdt selector 0x10 ext");
	error_is(0x0a, 0x28, "gdt selector 0x28");
	error_is(0x0c, 0x2b0004, "ldt selector 0x0 +0x2b0000");
	error_is(0x15, 3, "endbranch");
	error_is(0x15, 0x8001, "near-ret enclave");
	error_is(0x15, 99, "");
	error_is(0x11, 0, "");
	error_is(0x08, 0, "");
}

static void test_notes(void **state)
{
	static const struct {
		__u8 note;
		const char *text;
	} table[] = {
		{ TG_NOTE_SWALLOW_FAULT, "event 2 disabled: it swallowed 0e #PF at "
					 "rip 0x0000000000401136 1000 times in a row (settings "
					 "swallow-limit)" },
		{ TG_NOTE_SWALLOW_STORM, "event 2 disabled: it swallowed a storm of interrupt 0e "
					 "#PF on CPU 1 (settings swallow-limit)" },
		{ TG_NOTE_SWALLOW_STALL, "event 2 disabled: CPU 1 got no interrupt for too long "
					 "while this event swallowed 0e #PF" },
		{ TG_NOTE_NOT_SWALLOWED, "event 2: interrupt 0e #PF on CPU 1 was delivered, "
					 "not swallowed: the local APIC does not have it in "
					 "service" },
		{ TG_NOTE_POST_UNSEEN, "event 2: 0e #PF on CPU 1 was delivered, but its post stage "
				       "could not be seen there" },
		{ TG_NOTE_FLUSH,
		  "event 2: flush() in its script dropped 6 records that nobody had read" },
		{ 77,
		  "event 2: this version of the command does not know note 77 of the hypervisor" },
	};
	struct tg_record rec = fake_record(2, 1, 1000);
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		rec.note = table[i].note;
		assert_string_equal(tg_format_note(&rec, 1000, text, sizeof(text)), table[i].text);
	}
}

static void test_post(void **state)
{
	struct tg_record rec = fake_record(2, 1, 1000);
	char text[512];
	json_t *object;

	(void)state;
	assert_null(strstr(tg_format_record(&rec, &test_clock, text, sizeof(text)), "post"));
	rec.stage = TG_STAGE_POST;
	assert_contains(tg_format_record(&rec, &test_clock, text, sizeof(text)),
			"delivered error 0x6 user write not-present "
			"address 0x000000000dead000, post");
	object = json_record(&rec, &test_clock, 1000);
	assert_string_equal(json_string_value(json_object_get(object, "stage")), "post");
	json_decref(object);
	rec.kind = TG_REC_NOTE;
	rec.note = TG_NOTE_POST_UNSEEN;
	object = json_record(&rec, &test_clock, 1000);
	assert_string_equal(json_string_value(json_object_get(object, "note")), "post-unseen");
	json_decref(object);
}

static void test_small_buffers(void **state)
{
	struct tg_record rec = fake_record(0, 0, 1000);
	char text[512];

	(void)state;
	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		tg_format_record(&rec, &test_clock, text, size);
		assert_true(strlen(text) < size);
	}
	memset(rec.comm, 'a', sizeof(rec.comm));	/* not terminated */
	tg_format_record(&rec, &test_clock, text, sizeof(text));
	assert_contains(text, " aaaaaaaaaaaaaaa ");
}

static void test_numbers(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(tg_format_both(0x490, text, sizeof(text)), "0x490 (1168)");
	assert_string_equal(tg_format_number(9, text, sizeof(text)), "9");
	assert_string_equal(tg_format_number(10, text, sizeof(text)), "0xa");
	assert_string_equal(tg_format_vector(0x20, text, sizeof(text)), "20");
	assert_string_equal(tg_format_vector(2, text, sizeof(text)), "02 NMI");
}

static void test_clock_ns(void **state)
{
	struct tg_clock clock = { .tsc = 100, .khz = 2000000 };

	(void)state;
	assert_int_equal(tg_clock_ns(&clock, 50), 0);
	assert_int_equal(tg_clock_ns(&clock, 100), 0);
	assert_int_equal(tg_clock_ns(&clock, 2100), 1000);
	clock.khz = 1;
	assert_int_equal(tg_clock_ns(&clock, 100 + 10000000000ull), 10000000000000000ull);
}

static void test_event(void **state)
{
	struct tg_event_spec spec = {
		.type = TG_EVENT_EXCEPTION, .vector = 0x0e, .pid = 0x490, .core = TG_ALL,
	};
	char text[256];

	(void)state;
	assert_string_equal(tg_format_event(&spec, TG_EV_PID, text, sizeof(text)),
		"!exception 0xe (14) #PF pid 0x490 (1168) core all sc off stage pre");
	assert_string_equal(tg_format_event(&spec, TG_EV_PID | TG_EV_FOLLOW, text, sizeof(text)),
		"!exception 0xe (14) #PF pid 0x490 (1168) and children core all sc off stage pre");
	spec.vector = TG_ALL;
	spec.core = 16;
	assert_string_equal(tg_format_event(&spec, TG_EV_SWALLOW | TG_EV_FORCE | TG_EV_IMMEDIATE,
					    text, sizeof(text)),
		"!exception all (0x0-0x1f) pid all core 0x10 (16) sc on stage pre imm yes force");
	spec.type = TG_EVENT_INTERRUPT;
	strcpy(spec.comm, "nginx");
	assert_string_equal(tg_format_event(&spec, TG_EV_COMM, text, sizeof(text)),
		"!interrupt all (0x20-0xff) pid name:nginx core 0x10 (16) sc off stage pre");
	spec.stage = TG_STAGE_POST;
	assert_contains(tg_format_event(&spec, 0, text, sizeof(text)), " sc off stage post");
	spec.stage = TG_STAGE_ALL;
	assert_contains(tg_format_event(&spec, 0, text, sizeof(text)), " sc off stage all");
}

static void json_is(const struct tg_record *rec, const char *expected)
{
	json_t *object = json_record(rec, &test_clock, 1000);
	char *text = json_dumps(object, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(object);
}

static void test_json(void **state)
{
	struct tg_record rec = fake_record(1, 1, 12345678901ull);

	(void)state;
	rec.seq = 9007199254740993ull;
	rec.cr3 = 0xffffffffffffffffull;
	json_is(&rec,
		"{\"type\":\"trap\",\"event\":1,\"time_ns\":12345678901,\"tsc\":\"0x31b76e635\","
		"\"seq\":9007199254740993,\"cpu\":1,\"pid\":1168,\"tid\":1169,\"comm\":\"prog\","
		"\"vector\":14,\"name\":\"#PF\",\"rip\":\"0x401136\",\"trap_type\":\"exception\","
		"\"error\":6,\"error_text\":\"user write not-present\",\"address\":\"0xdead000\","
		"\"rsp\":\"0x7ffe00001000\",\"rflags\":\"0x10246\",\"cr3\":\"0xffffffffffffffff\","
		"\"cpl\":3,\"stage\":\"pre\",\"verdict\":\"delivered\"}");
	rec = fake_record(1, 0, 0);
	memcpy(rec.comm, "a\xff\"b", 5);
	rec.vector = 0x30;
	rec.type = TG_TYPE_INTERRUPT;
	rec.flags = TG_RECF_NESTED | TG_RECF_DROPPED;
	rec.first_vector = 2;
	rec.first_type = TG_TYPE_NMI;
	json_is(&rec, "{\"type\":\"trap\",\"event\":1,\"time_ns\":0,\"tsc\":\"0x3b9aca00\","
		"\"seq\":0,\"cpu\":0,\"pid\":1168,\"tid\":1169,\"comm\":\"a?\\\"b\","
		"\"vector\":48,\"rip\":\"0x401136\",\"trap_type\":\"interrupt\","
		"\"rsp\":\"0x7ffe00001000\",\"rflags\":\"0x10246\",\"cr3\":\"0x1234000\","
		"\"cpl\":3,\"stage\":\"pre\",\"verdict\":\"delivered\",\"first_vector\":2,"
		"\"first_name\":\"NMI\",\"first_trap_type\":\"nmi\",\"double_fault\":false,"
		"\"first_dropped\":true}");
	rec = fake_record(2, 0, 1000);
	rec.kind = TG_REC_NOTE;
	rec.note = TG_NOTE_SWALLOW_FAULT;
	json_is(&rec, "{\"type\":\"note\",\"event\":2,\"time_ns\":1000,\"tsc\":\"0x3b9acde8\","
		"\"seq\":0,\"cpu\":0,\"pid\":1168,\"tid\":1169,\"comm\":\"prog\",\"vector\":14,"
		"\"name\":\"#PF\",\"rip\":\"0x401136\",\"note\":\"swallow-fault\","
		"\"text\":\"event 2 disabled: it swallowed 0e #PF at rip 0x0000000000401136 1000 "
		"times in a row (settings swallow-limit)\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_fault),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_small_buffers),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_clock_ns),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("lib_format", tests, NULL, NULL);
}
