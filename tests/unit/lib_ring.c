// SPDX-License-Identifier: GPL-2.0
/*
 * The library over the fake kernel: records of all CPUs in TSC order, held
 * while young, lost ones counted; and what each refused call says.
 */
#include <errno.h>

#include "cli_fake.h"

static struct tg_error error;

static struct tg_device *dev_open(struct fake *f, __u64 ring)
{
	struct tg_device *dev = NULL;

	fake_init(f);
	assert_int_equal(tg_dev_open(&f->sys, &dev, &error), 0);
	assert_int_equal(tg_dev_load(dev, &error), 0);
	assert_int_equal(tg_ring_open(dev, ring, &error), 0);
	return dev;
}

static void push(struct fake *f, unsigned int cpu, __u64 ns)
{
	struct tg_record rec = fake_record(0, cpu, ns);

	fake_push(f, &rec);
}

static void test_merge(void **state)
{
	static const __u64 expected[] = { 10, 20, 30, 40, 50, 60 };
	struct tg_record out[16];
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	bool held;

	(void)state;
	push(&f, 0, 10);
	push(&f, 0, 40);
	push(&f, 0, 50);
	push(&f, 1, 20);
	push(&f, 1, 30);
	push(&f, 1, 60);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 6);
	assert_false(held);
	for (int i = 0; i < 6; i++)
		assert_int_equal(out[i].tsc, FAKE_TSC0 + expected[i]);
	assert_int_equal(f.tails[0]->consumer, 3);
	assert_int_equal(f.tails[1]->consumer, 3);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 0);
	tg_dev_close(dev);
	assert_int_equal(f.mmaps, 4);
	assert_int_equal(f.munmaps, 4);
	assert_int_equal(f.closed, 1);
}

static void push_flush(struct fake *f, unsigned int cpu, __u64 ns)
{
	struct tg_record rec = fake_record(0, cpu, ns);

	rec.kind = TG_REC_NOTE;
	rec.note = TG_NOTE_FLUSH;
	rec.error = 0;
	f->rings[cpu]->flush_tsc = rec.tsc;
	fake_push(f, &rec);
}

/* flush(): older ones of all CPUs that were not read; not what root mode itself says. */
static void test_flush(void **state)
{
	static const __u64 expected[] = { 25, 40, 45, 60 };
	struct tg_record out[16], rec = fake_record(0, 1, 25);
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	bool held;

	(void)state;
	f.now = FAKE_TSC0 + 2000000;
	push(&f, 0, 10);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 1);
	push(&f, 0, 20);
	push_flush(&f, 0, 22);
	push(&f, 0, 30);
	push_flush(&f, 0, 40);
	push(&f, 0, 60);
	push(&f, 1, 15);
	rec.kind = TG_REC_SCRIPT_ERROR;
	fake_push(&f, &rec);
	push(&f, 1, 45);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(out[i].tsc, FAKE_TSC0 + expected[i]);
	assert_int_equal(out[1].note, TG_NOTE_FLUSH);
	assert_int_equal(out[1].error, 3);
	assert_int_equal(f.tails[0]->consumer, 6);
	assert_int_equal(f.tails[1]->consumer, 3);
	/* None is dropped twice, and later ones stay, also where there is no room for a note. */
	push(&f, 0, 70);
	push_flush(&f, 1, 65);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 2);
	assert_int_equal(out[0].error, 0);
	assert_int_equal(out[1].tsc, FAKE_TSC0 + 70);
	push(&f, 0, 72);
	push(&f, 1, 73);
	push(&f, 1, 75);
	f.rings[0]->flush_tsc = FAKE_TSC0 + 74;
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 1);
	assert_int_equal(out[0].tsc, FAKE_TSC0 + 75);
	/* Text of several pieces is one message. */
	rec = fake_record(0, 0, 80);
	rec.kind = TG_REC_TEXT;
	((struct tg_text_record *)&rec)->flags = TG_TEXTF_MORE;
	fake_push(&f, &rec);
	rec.tsc++;
	((struct tg_text_record *)&rec)->flags = 0;
	fake_push(&f, &rec);
	push_flush(&f, 0, 90);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 1);
	assert_int_equal(out[0].error, 3);	/* with the two whose note had no room */
	/* Records of a script that has run on for long come late. */
	push(&f, 0, 85);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 0);
	/* The clock begins anew: nothing is older than a flush of before. */
	f.now = FAKE_TSC0 + 90 + 2001000001;
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 0);
	push(&f, 0, 5);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 1);
	tg_dev_close(dev);
}

/* 1 GHz: a record younger than 1000000 ticks stays; so does all behind it. */
static void test_margin(void **state)
{
	struct tg_record out[16];
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	bool held;

	(void)state;
	push(&f, 0, 1000000);
	push(&f, 0, 3000000);
	f.now = FAKE_TSC0 + 1999999;
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 0);
	assert_true(held);
	f.now = FAKE_TSC0 + 2000000;
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 1);
	assert_true(held);
	/* An older one of the other CPU arrives late, but within the margin. */
	push(&f, 1, 2000000);
	f.now = FAKE_TSC0 + 4000000;
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 2);
	assert_int_equal(out[0].cpu, 1);
	assert_int_equal(out[1].cpu, 0);
	assert_false(held);
	push(&f, 0, 4000000);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 0);
	assert_int_equal(tg_ring_read(dev, out, 16, TG_READ_ALL, &held), 1);
	f.now = 1;			/* no wrap below zero */
	push(&f, 0, 0);
	assert_int_equal(tg_ring_read(dev, out, 16, 0, &held), 0);
	tg_dev_close(dev);
}

static void test_small_batches(void **state)
{
	struct tg_record out[3];
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	__u64 last = 0;
	int total = 0, n;
	bool held;

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		push(&f, i % 2, i);
	while ((n = tg_ring_read(dev, out, 3, 0, &held))) {
		for (int i = 0; i < n; i++) {
			assert_true(out[i].tsc >= last);
			last = out[i].tsc;
		}
		total += n;
	}
	assert_int_equal(total, 20);
	tg_dev_close(dev);
}

/* 4 KiB hold 32 records; the indices go round many times. */
static void test_wrap_and_loss(void **state)
{
	struct tg_record out[64];
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	__u64 ns = 0;
	bool held;

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 29; i++)
			push(&f, 0, ns++);
		assert_int_equal(tg_ring_read(dev, out, 64, 0, &held), 29);
		assert_int_equal(out[28].tsc, FAKE_TSC0 + ns - 1);
	}
	assert_int_equal(tg_ring_lost(dev), 0);
	for (int i = 0; i < 40; i++)
		push(&f, 0, ns++);
	assert_int_equal(tg_ring_lost(dev), 8);
	assert_int_equal(tg_ring_read(dev, out, 64, 0, &held), 32);
	push(&f, 0, ns++);
	assert_int_equal(tg_ring_read(dev, out, 64, 0, &held), 1);
	assert_int_equal(out[0].seq, 290 + 40);	/* 8 are missing before it */
	tg_dev_close(dev);
}

static void test_ring_refusals(void **state)
{
	static const __u64 sizes[] = { 1, 2048, 5000, 128ull << 20, ~0ull };
	struct tg_device *dev;
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_int_equal(tg_dev_open(&f.sys, &dev, &error), 0);
	assert_false(tg_ring_ready(dev));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(tg_ring_open(dev, sizes[i], &error), -EINVAL);
		assert_contains(error.message, "a power of two from 4K to 64M");
	}
	f.fail[7] = -ENOMEM;
	assert_int_equal(tg_ring_open(dev, 4096, &error), -ENOMEM);
	assert_contains(error.message, "try a smaller --ring");
	f.fail[7] = 0;
	f.fail_mmap = 4;		/* the last of four */
	assert_int_equal(tg_ring_open(dev, 4096, &error), -ENOMEM);
	assert_contains(error.message, "consumer page of CPU 1");
	assert_int_equal(f.munmaps, f.mmaps);
	assert_false(tg_ring_ready(dev));
	tg_dev_close(dev);
}

static void test_ring_layout(void **state)
{
	struct tg_device *dev;
	struct fake f;

	(void)state;
	fake_init(&f);
	assert_int_equal(tg_dev_open(&f.sys, &dev, &error), 0);
	assert_int_equal(tg_ring_open(dev, 4096, &error), 0);
	assert_int_equal(tg_ring_open(dev, 4096, &error), -EALREADY);
	tg_dev_close(dev);
	fake_free(&f);
	/* Nobody says how large: by the number of CPUs. */
	dev = dev_open(&f, 0);
	assert_int_equal(tg_ring_bytes(dev), 1 << 20);
	tg_dev_close(dev);
	fake_free(&f);
}

static void test_open_refusals(void **state)
{
	static const struct {
		int code;
		const char *message;
	} table[] = {
		{ -ENOENT, "cannot open /dev/trapgate: there is no such device: load the module "
			   "first with 'modprobe trapgate'" },
		{ -EACCES, "this needs root (CAP_SYS_ADMIN): try sudo" },
		{ -EPERM,
		  "this needs root (CAP_SYS_ADMIN in the initial user namespace): try sudo" },
		{ -ENXIO, "the module is not loaded" },
		{ -EMFILE, "cannot open /dev/trapgate: Too many open files" },
	};
	struct tg_device *dev = NULL;
	struct fake f;

	(void)state;
	fake_init(&f);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		f.fail_open = table[i].code;
		assert_int_equal(tg_dev_open(&f.sys, &dev, &error), table[i].code);
		assert_contains(error.message, table[i].message);
		assert_null(dev);
	}
	f.fail_open = 0;
	f.abi_version = 99;
	assert_int_equal(tg_dev_open(&f.sys, &dev, &error), -EPROTO);
	assert_contains(error.message,
			"version 99 of the interface and this command has version 1");
	f.fail[1] = -ENOTTY;
	assert_int_equal(tg_dev_open(&f.sys, &dev, &error), -ENOTTY);
	assert_contains(error.message, "/dev/trapgate is not the device of trapgate");
	assert_int_equal(f.opened, f.closed);
}

static void test_event_refusals(void **state)
{
	static const struct {
		int code;
		const char *reason, *message;
	} table[] = {
		{ -ENODEV, NULL,
		  "cannot add the event: the hypervisor is not loaded: use 'load vmm' first" },
		{ -EPERM, NULL, "add 'force' if you mean it" },
		{ -EPERM, "the timer needs force", "cannot add the event: the timer needs force" },
		{ -ENOSPC, NULL, "clear one with 'events c N'" },
		{ -EINVAL, NULL, "cannot add the event: Invalid argument" },
	};
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	struct tg_event_spec spec = {
		.type = TG_EVENT_EXCEPTION, .core = TG_ALL, .stage = TG_STAGE_PRE,
		.action = TG_ACTION_TRACE,
	};
	__u32 number = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		f.fail[4] = table[i].code;
		f.reason = table[i].reason;
		assert_int_equal(tg_dev_event_add(dev, &spec, 0, &number, &error), table[i].code);
		assert_contains(error.message, table[i].message);
		assert_int_equal(number, 77);
	}
	f.fail[4] = -EINTR;		/* once: tried again */
	assert_int_equal(tg_dev_event_add(dev, &spec, 0, &number, &error), 0);
	assert_int_equal(number, 0);
	tg_dev_close(dev);
}

/* What the specification says by itself is refused before the kernel is asked. */
static void test_refused_unsent(void **state)
{
	const struct tg_event_actions actions = { .nr = 1 };
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);
	struct tg_event_spec spec = {
		.type = TG_EVENT_EXCEPTION, .vector = 6, .core = TG_ALL, .stage = TG_STAGE_PRE,
		.action = TG_ACTION_TRACE,
	};
	__u32 number = 77;

	(void)state;
	assert_int_equal(tg_dev_event_add(dev, &spec, TG_EV_SWALLOW, &number, &error), -EPERM);
	assert_string_equal(error.message,
			    "cannot add the event: this would swallow everybody's "
			    "exceptions, even the kernel's: name a process (pid), or "
			    "add force");
	spec.stage = TG_STAGE_POST;
	assert_int_equal(tg_dev_event_script(dev, &spec, TG_EV_SWALLOW | TG_EV_FORCE, &actions,
					     &number, &error), -EINVAL);
	assert_string_equal(error.message,
			    "cannot add the event: sc on and stage post cannot be used together: "
			    "an event that the guest does not get has no post stage");
	assert_int_equal(f.last_spec.type, 0);
	assert_int_equal(number, 77);
	assert_int_equal(tg_dev_event_add(dev, &spec, TG_EV_FORCE, &number, &error), 0);
	assert_int_equal(f.last_spec.vector, 6);
	tg_dev_close(dev);
}

static void test_long_reason(void **state)
{
	char reason[600];
	struct fake f;
	struct tg_device *dev = dev_open(&f, 4096);

	(void)state;
	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	f.reason = reason;
	f.fail[3] = -EIO;
	assert_int_equal(tg_dev_unload(dev, &error), -EIO);
	assert_int_equal(strlen(error.message), strlen("cannot unload the hypervisor: ") + 247);
	assert_int_equal(tg_dev_unload(dev, NULL), -EIO);
	tg_dev_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_margin),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_small_batches),
		cmocka_unit_test(test_wrap_and_loss),
		cmocka_unit_test(test_ring_refusals),
		cmocka_unit_test(test_ring_layout),
		cmocka_unit_test(test_open_refusals),
		cmocka_unit_test(test_event_refusals),
		cmocka_unit_test(test_refused_unsent),
		cmocka_unit_test(test_long_reason),
	};

	return cmocka_run_group_tests_name("lib_ring", tests, NULL, NULL);
}
