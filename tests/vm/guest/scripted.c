// SPDX-License-Identifier: GPL-2.0
/*
 * What scripts are tried on, and images that must be refused.
 *
 * scripted ud N [CPU]	N times UD2, on that CPU; prints the registers behind the last
 *			one, whether the carry flag is set, and the words that a script
 *			may have written
 * scripted plain N	N times UD2, nothing printed; a signal is exit status 9
 * scripted int3 N	N times INT3 and two increments behind it; prints how many were done
 * scripted faults R W	reads R and writes W fresh pages from 0x10000000 on
 * scripted bad SEED	images that the module must refuse; tells what it did not
 * scripted slow	images in memory that takes its time: nobody else waits for it
 * Exit status: 0, 1 failed, 2 usage, 9 the UD2 was delivered.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <trapgate/abi.h>
#include <trapgate/bytecode.h>

/* At addresses that the script finds in registers. */
static struct {
	uint64_t writable[2];
} words = { { 0x1111111111111111, 0x2222222222222222 } };
static const char readonly[16] __attribute__((aligned(16))) = "read only";

uint64_t reg[16], flags;

static void on_ill(int sig)
{
	(void)sig;
	_exit(9);
}

/* RDI: words, RSI: readonly, the others i * 0x0101010101010101. */
__attribute__((noinline)) static void one_ud(void)
{
	__asm__ volatile(
		"push %%rbp\n\t"
		"mov $0x0202020202020202, %%rcx\n\tmov $0x0303030303030303, %%rdx\n\t"
		"mov $0x0404040404040404, %%rbx\n\tmov $0x0606060606060606, %%rbp\n\t"
		"mov $0x0909090909090909, %%r8\n\tmov $0x1010101010101010, %%r9\n\t"
		"mov $0x1111111111111111, %%r10\n\tmov $0x1212121212121212, %%r11\n\t"
		"mov $0x1313131313131313, %%r12\n\tmov $0x1414141414141414, %%r13\n\t"
		"mov $0x1515151515151515, %%r14\n\tmov $0x1616161616161616, %%r15\n\t"
		"mov $0x0101010101010101, %%rax\n\tclc\n\t"
		"ud2\n\t"
		"mov %%rax, reg\n\tmov %%rcx, reg+8\n\tmov %%rdx, reg+16\n\tmov %%rbx, reg+24\n\t"
		"mov %%rbp, reg+40\n\tmov %%rsi, reg+48\n\tmov %%rdi, reg+56\n\t"
		"mov %%r8, reg+64\n\t"
		"mov %%r9, reg+72\n\tmov %%r10, reg+80\n\tmov %%r11, reg+88\n\t"
		"mov %%r12, reg+96\n\t"
		"mov %%r13, reg+104\n\tmov %%r14, reg+112\n\tmov %%r15, reg+120\n\t"
		"pushfq\n\tpopq flags\n\tpop %%rbp\n\t"
		: : "D"(&words), "S"(readonly)
		: "rax", "rcx", "rdx", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
		  "memory", "cc");
}

static int run_ud(int argc, char **argv, int show)
{
	static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi",
					     "rdi", "r8",
					     "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
	cpu_set_t set;

	signal(SIGILL, on_ill);
	if (argc > 3) {
		CPU_ZERO(&set);
		CPU_SET(atoi(argv[3]), &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return 1;
	}
	for (int i = atoi(argv[2]); i > 0; i--)
		one_ud();
	for (int i = 0; show && i < 16; i++)
		if (i != 4 && i != 6 && i != 7)
			printf("%s=%llx ", names[i], (unsigned long long)reg[i]);
	if (show)
		printf("cf=%d words=%llx,%llx text=%s\n", (int)(flags & 1),
		       (unsigned long long)words.writable[0],
		       (unsigned long long)words.writable[1], readonly);
	return 0;
}

static int run_int3(int times)
{
	unsigned int done = 0;

	while (times--)
		__asm__ volatile("xor %%eax, %%eax\n\tint3\n\tinc %%eax\n\tinc %%eax"
				 : "=a"(done) : : "cc");
	printf("%u\n", done);
	return 0;
}

static int run_faults(int reads, int writes)
{
	size_t size = (size_t)(reads + writes) * 4096;
	volatile char *at = mmap((void *)0x10000000, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (at != (void *)0x10000000 || madvise((void *)at, size, MADV_NOHUGEPAGE))
		return 1;
	for (int i = 0; i < reads + writes; i++) {
		if (i < reads)
			(void)at[i * 4096];
		else
			at[i * 4096] = 1;
	}
	return 0;
}

/* ---- images -------------------------------------------------------------------------- */

/* An endless loop: valid. */
struct image {
	struct tg_image head;
	struct tg_insn insn[2];
	struct tg_func func;
	char names[8];
};

static struct image good(void)
{
	struct image i = {
		.head = { .magic = TG_IMAGE_MAGIC, .size = sizeof(i), .nr_insns = 2, .nr_funcs = 1,
			  .nr_files = 1, .names_size = 8 },
		.insn = { { .op = TG_OP_LI, .imm = 1 }, { .op = TG_OP_EXIT } },
		.func = { .count = 2, .regs = 1 },
		.names = "x",
	};

	return i;
}

static int fd;
static int wrong;

static struct tg_event_script request(const void *image, uint32_t size)
{
	struct tg_event_script e = {
		.add = { .size = sizeof(e), .spec = { .type = TG_EVENT_EXCEPTION, .vector = 6,
			 .core = TG_ALL, .stage = TG_STAGE_PRE, .action = TG_ACTION_SCRIPT } },
		.nr_actions = 1,
		.action = { { .action = TG_ACTION_SCRIPT, .size = size,
			      .image = (uintptr_t)image } },
	};

	return e;
}

static unsigned int nr_events(void)
{
	struct tg_info info = { .size = sizeof(info) };

	return ioctl(fd, TG_IOC_INFO, &info) ? ~0u : info.nr_events;
}

static void refuses(const char *name, struct tg_event_script *e, int code)
{
	unsigned int before = nr_events();
	int rc = ioctl(fd, TG_IOC_EVENT_SCRIPT, e) ? errno : 0;

	if (rc == code && nr_events() == before + !code)
		return;
	printf("%s: %s, not %s\n", name, rc ? strerror(rc) : "accepted", strerror(code));
	wrong++;
}

static void refuses_image(const char *name, const void *image, uint32_t size, int code)
{
	struct tg_event_script e = request(image, size);
	struct tg_eval v = { .size = sizeof(v), .image = (uintptr_t)image, .image_size = size };
	int rc;

	refuses(name, &e, code);
	e = request(NULL, 0);
	e.action[0] = (struct tg_action_spec){ .action = TG_ACTION_TRACE };
	e.when = (struct tg_action_spec){ TG_ACTION_SCRIPT, size, (uintptr_t)image };
	refuses(name, &e, code);
	rc = ioctl(fd, TG_IOC_EVAL, &v) ? errno : 0;
	if (rc != code) {
		printf("%s: EVAL: %s, not %s\n", name, rc ? strerror(rc) : "accepted",
		       strerror(code));
		wrong++;
	}
}

static void bad_requests(void)
{
	struct image i = good();
	struct tg_event_script e;

#define CASE(name, change)						\
	do {								\
		e = request(&i, sizeof(i));				\
		change;							\
		refuses(name, &e, EINVAL);				\
	} while (0)
	CASE("no actions", e.nr_actions = 0);
	CASE("nine actions", e.nr_actions = 9);
	CASE("one too many", e.action[1] = e.action[0]);
	CASE("unknown action", e.action[0].action = 7);
	CASE("trace with an image", e.action[0].action = TG_ACTION_TRACE);
	CASE("two traces", (e.nr_actions = 2, e.action[0] = e.action[1] = (struct tg_action_spec){
	     .action = TG_ACTION_TRACE }));
	CASE("when is trace", e.when.action = TG_ACTION_TRACE);
	CASE("when without action", e.when.image = 1);
	CASE("odd buffer", e.buffer = 4);
	CASE("large buffer", e.buffer = (1u << 20) + 8);
	CASE("action of the spec", e.add.spec.action = TG_ACTION_TRACE);
	CASE("flags", e.add.flags = 1u << 31);
	CASE("size", e.add.size--);
	CASE("stage", e.add.spec.stage = 9);
	e = request(&i, sizeof(i));
	refuses("plain add", &e, 0);	/* it is good */
}

static void bad_images(unsigned int seed)
{
	struct image i = good();
	void *large = calloc(1, TG_SCRIPT_IMAGE_MAX + 8);
	unsigned char bytes[4096];

	refuses_image("empty", &i, 0, EINVAL);
	refuses_image("too large", large, TG_SCRIPT_IMAGE_MAX + 8, EINVAL);
	refuses_image("4 GiB", &i, ~0u, EINVAL);
	refuses_image("not there", (void *)8, sizeof(i), EFAULT);
	refuses_image("the kernel's", (void *)0xffffffff81000000, sizeof(i), EFAULT);
	for (uint32_t n = 1; n < sizeof(i); n++)
		refuses_image("truncated", &i, n, EINVAL);
#define IMAGE(name, change)						\
	do {								\
		i = good();						\
		change;							\
		refuses_image(name, &i, sizeof(i), EINVAL);		\
	} while (0)
	IMAGE("magic", i.head.magic++);
	IMAGE("head size", i.head.size += 8);
	IMAGE("head flags", i.head.flags = 1);
	IMAGE("counts", i.head.nr_insns = ~0u);
	IMAGE("opcode", i.insn[0].op = 255);
	IMAGE("falls through", i.insn[1].op = TG_OP_LI);
	IMAGE("jump out", (i.insn[1].op = TG_OP_JMP, i.insn[1].imm = 1000));
	IMAGE("register", i.insn[0].a = 9);
	IMAGE("helper", (i.insn[0].op = TG_OP_HELPER, i.insn[0].imm = 9999));
	IMAGE("guest register", (i.insn[0].op = TG_OP_STX, i.insn[0].imm = TG_REG_PID));
	IMAGE("names", i.names[7] = 'x');
	srand(seed);
	for (int n = 0; n < 300; n++) {
		for (size_t b = 0; b < sizeof(bytes); b++)
			bytes[b] = (unsigned char)rand();
		refuses_image("random", bytes, sizeof(bytes), EINVAL);
		memcpy(bytes, &i.head, sizeof(i.head));
		refuses_image("random behind a header", bytes, sizeof(i) + 8, EINVAL);
	}
	free(large);
}

static int run_bad(unsigned int seed)
{
	struct tg_load load = { .size = sizeof(load) };

	fd = open(TG_DEVICE, O_RDWR);
	if (fd < 0 || (ioctl(fd, TG_IOC_LOAD, &load) && errno != EALREADY))
		return 1;
	bad_images(seed);
	bad_requests();
	return wrong ? 1 : 0;
}

/* ---- memory that takes its time ---------------------------------------------------- */

#define PAGE	4096ul

static void *eval_image(void *image)
{
	struct tg_eval v = { .size = sizeof(v), .image = (uintptr_t)image,
			     .image_size = sizeof(struct image) };

	return (void *)(intptr_t)(ioctl(fd, TG_IOC_EVAL, &v) ? errno : 0);
}

static void *add_image(void *image)
{
	struct tg_event_script e = request(image, sizeof(struct image));

	return (void *)(intptr_t)(ioctl(fd, TG_IOC_EVENT_SCRIPT, &e) ? errno : 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* While the page of the image is missing: others' requests, and the mapping of a ring. */
static void others(const char *name)
{
	struct tg_info info = { .size = sizeof(info) };
	void *tail;

	alarm(5);
	if (ioctl(fd, TG_IOC_INFO, &info)) {
		printf("%s: INFO: %s\n", name, strerror(errno));
		wrong++;
		return;			/* the mapping could not be interrupted */
	}
	alarm(0);
	tail = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)TG_MMAP_CONSUMER(0));
	if (tail == MAP_FAILED) {
		printf("%s: mmap: %s\n", name, strerror(errno));
		wrong++;
	} else {
		munmap(tail, PAGE);
	}
}

static void slow(const char *name, int uffd, void *(*run)(void *image))
{
	static char content[PAGE] __attribute__((aligned(PAGE)));
	struct image i = good();
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register want = { .range = { (uintptr_t)page, PAGE },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy = { .dst = (uintptr_t)page, .src = (uintptr_t)content,
				    .len = PAGE };
	struct uffd_msg msg;
	pthread_t thread;
	void *code;

	memcpy(content, &i, sizeof(i));
	if (page == MAP_FAILED || ioctl(uffd, UFFDIO_REGISTER, &want) ||
	    pthread_create(&thread, NULL, run, page) ||
	    read(uffd, &msg, sizeof(msg)) != sizeof(msg) || msg.event != UFFD_EVENT_PAGEFAULT) {
		perror(name);
		exit(1);
	}
	others(name);
	if (ioctl(uffd, UFFDIO_COPY, &copy) || pthread_join(thread, &code) || code) {
		printf("%s: %s\n", name, strerror((int)(intptr_t)code));
		wrong++;
	}
}

static int run_slow(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };	/* interrupts system calls */
	struct tg_load load = { .size = sizeof(load) };
	struct tg_ring_setup rings = { .size = sizeof(rings), .bytes = 1 << 16 };
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	fd = open(TG_DEVICE, O_RDWR);
	if (fd < 0 || uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || sigaction(SIGALRM, &sa, NULL) ||
	    (ioctl(fd, TG_IOC_LOAD, &load) && errno != EALREADY) ||
	    ioctl(fd, TG_IOC_RING_SETUP, &rings)) {
		perror("slow");
		return 1;
	}
	slow("eval", uffd, eval_image);
	slow("event", uffd, add_image);
	return wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "ud"))
		return run_ud(argc, argv, 1);
	if (argc > 2 && !strcmp(argv[1], "plain"))
		return run_ud(argc, argv, 0);
	if (argc > 2 && !strcmp(argv[1], "int3"))
		return run_int3(atoi(argv[2]));
	if (argc > 3 && !strcmp(argv[1], "faults"))
		return run_faults(atoi(argv[2]), atoi(argv[3]));
	if (argc > 2 && !strcmp(argv[1], "bad"))
		return run_bad((unsigned int)atoi(argv[2]));
	if (argc > 1 && !strcmp(argv[1], "slow"))
		return run_slow();
	fprintf(stderr,
		"usage: scripted ud|plain N [CPU] | int3 N | faults R W | bad SEED | slow\n");
	return 2;
}
