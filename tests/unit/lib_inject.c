// SPDX-License-Identifier: GPL-2.0
/* The command inject: its words, and what the fake kernel is asked for. */
#include <errno.h>

#include "cli_fake.h"

static struct tg_error error;

static int parse(const char *text, unsigned int radix, struct tg_inject_spec *spec, __u32 *core)
{
	struct tg_tokens tokens;
	int rc;

	memset(&error, 0, sizeof(error));
	rc = tg_token_split(text, &tokens, &error);
	if (rc)
		return rc;
	rc = tg_command_inject(&tokens, radix, spec, core, &error);
	tg_token_free(&tokens);
	return rc;
}

static void test_good(void **state)
{
	static const struct {
		const char *text;
		__u32 type, vector, flags, error, length, pid, core;
		__u64 address;
	} table[] = {
		{ "inject 6", 3, 6, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject #UD", 3, 6, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject pf address 7ffe`1000 error 6", 3, 14,
		  TG_INJECT_F_ERROR | TG_INJECT_F_ADDRESS,
		  6, 0, 0, TG_ALL, 0x7ffe1000 },
		{ "inject 2", 2, 2, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject ec", 0, 0xec, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject de", 0, 0xde, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject #de", 3, 0, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject 0n236 core 1 force", 0, 0xec, TG_INJECT_F_FORCE, 0, 0, 0, 1, 0 },
		{ "INJECT D TYPE Exception ERROR 0 PID 490", 3, 13,
		  TG_INJECT_F_ERROR | TG_INJECT_F_PID, 0, 0, 0x490, TG_ALL, 0 },
		{ "inject core 2 type int-n length 2 80", 4, 0x80, 0, 0, 2, 0, 2, 0 },
		{ "inject core 2 type software length 2 80", 4, 0x80, 0, 0, 2, 0, 2, 0 },
		{ "inject 3 type int3-into length 1", 6, 3, 0, 0, 1, 0, TG_ALL, 0 },
		{ "inject 3 type software-exception length 1", 6, 3, 0, 0, 1, 0, TG_ALL, 0 },
		{ "inject 1 type int1 length 1", 5, 1, 0, 0, 1, 0, TG_ALL, 0 },
		{ "inject 41 type interrupt", 0, 0x41, 0, 0, 0, 0, TG_ALL, 0 },
		{ "inject 2 type nmi", 2, 2, 0, 0, 0, 0, TG_ALL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tg_inject_spec spec;
		__u32 core;

		if (parse(table[i].text, 16, &spec, &core))
			fail_msg("%s: %s", table[i].text, error.message);
		assert_int_equal(spec.type, table[i].type);
		assert_int_equal(spec.vector, table[i].vector);
		assert_int_equal(spec.flags, table[i].flags);
		assert_int_equal(spec.error, table[i].error);
		assert_int_equal(spec.length, table[i].length);
		assert_int_equal(spec.pid, table[i].pid);
		assert_int_equal(spec.address, table[i].address);
		assert_int_equal(spec.reserved, 0);
		assert_int_equal(core, table[i].core);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} table[] = {
		{ "inject", -EINVAL,
		  "inject needs a vector: a number from 0 to ff, or a name such as #GP" },
		{ "inject type nmi", -EINVAL, "inject needs a vector" },
		{ "inject 100", -ERANGE, "vector '100' is too large: the maximum is 0xff (0n255)" },
		{ "inject #zz", -EINVAL, "'#zz' is neither a vector (0 to ff, or a name such as "
					 "#GP) nor an option (type, error, address, length, core, "
					 "pid, force)" },
		{ "inject 6 7", -EINVAL, "unknown parameter '7': options are type, error" },
		{ "inject 6 eror 1", -EINVAL, "unknown option 'eror': did you mean 'error'?" },
		{ "inject 6 type", -EINVAL, "please specify a value for 'type'" },
		{ "inject 6 type fault", -EINVAL, "type 'fault' is unknown: interrupt, nmi, "
						  "exception, int-n, int1, int3-into" },
		{ "inject d error", -EINVAL, "please specify a value for 'error'" },
		{ "inject d error x", -EINVAL,
		  "error 'x' is not a number: write hexadecimal digits" },
		{ "inject d error 100000000", -ERANGE,
		  "error '100000000' is too large: the maximum is 0xffffffff (0n4294967295)" },
		{ "inject d error 1 error 1", -EINVAL, "option 'error' is given twice" },
		{ "inject e address 10000000000000000", -ERANGE,
		  "address '10000000000000000' is too large" },
		{ "inject 6 core ffffffff", -ERANGE, "core 'ffffffff' is too large" },
		{ "inject 6 pid nobody", -EINVAL, "pid 'nobody' is not a number" },
		{ "inject 80 length -1", -EINVAL, "length '-1' is not a number" },
		{ "inject 6 { }", -EINVAL, "inject takes no braces" },
		{ "inject 6 type { }", -EINVAL, "please specify a value for 'type'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tg_inject_spec spec;
		__u32 core;

		assert_int_equal(parse(table[i].text, 16, &spec, &core), table[i].code);
		assert_contains(error.message, table[i].message);
	}
}

static void test_radix_10(void **state)
{
	struct tg_inject_spec spec;
	__u32 core;

	(void)state;
	assert_int_equal(parse("inject 14 address 100 core 10", 10, &spec, &core), 0);
	assert_int_equal(spec.vector, 14);
	assert_int_equal(spec.address, 100);
	assert_int_equal(core, 10);
	assert_int_equal(parse("inject 13 error 1x", 10, &spec, &core), -EINVAL);
	assert_contains(error.message,
			"error '1x' is not a number: write decimal digits, or 0x and");
}

static void test_run(void **state)
{
	struct fake f;
	struct fake_result r;

	(void)state;
	fake_init(&f);
	fake_run(&f, &r, "-e", "inject d error 18 pid 490 core 1", NULL);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "inject exception 0xd (13) #GP error 0x18 pid 0x490 (1168) "
				   "core 0x1 (1)\n");
	assert_int_equal(f.injected.spec.vector, 13);
	assert_int_equal(f.injected.spec.error, 0x18);
	assert_int_equal(f.injected.spec.pid, 0x490);
	assert_int_equal(f.injected.core, 1);
	fake_run(&f, &r, "--json", "-e", "inject ec force", NULL);
	assert_int_equal(f.injected.core, TG_ALL);
	assert_contains(r.out, "{\"type\":\"injected\",\"vector\":236,\"trap_type\":\"interrupt\","
			       "\"core\":0,\"text\":");
	f.fail[10] = -EPERM;
	f.reason = "this vector is the kernel's own";
	fake_run(&f, &r, "-e", "inject ec", NULL);
	assert_int_equal(r.status, 1);
	assert_contains(r.err, "cannot inject: this vector is the kernel's own");
	f.reason = NULL;
	f.fail[10] = -EBUSY;
	fake_run(&f, &r, "-e", "inject 6", NULL);
	assert_contains(r.err, "cannot inject: too many injections wait on that core");
	fake_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_radix_10), cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests_name("lib_inject", tests, NULL, NULL);
}
