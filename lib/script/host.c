// SPDX-License-Identifier: GPL-2.0
/*
 * A guest for scripts that run without the module: registers that are set, memory
 * that is given. Implements core/script/guest.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <trapgate/settings.h>

#include "../../core/script/jit.h"
#include "../../core/script/guest.h"
#include "../../core/script/verify.h"
#include "compile.h"

#define INFO_SIZE	128u
#define INFO_DATE	0u
#define INFO_TIME	32u
#define INFO_PNAME	64u
#define INFO_NAME	96u
#define TIME_LIMIT_MS	10000ull

struct region {
	u64 start, size;
	u8 *data;
	bool writable;
};

struct tg_host {
	struct tg_run run;
	struct tg_program program;
	struct tg_verify_work *work;
	bool jit;
	void *code;			/* of the program, when it is translated */
	size_t code_size;
	u64 reg[TG_NR_REGS];
	bool is_set[TG_NR_REGS];
	u64 stack[TG_SCRIPT_STACK];
	u64 frame[TG_SCRIPT_MEM_MAX / 8];
	u64 globals[TG_SCRIPT_GLOBALS_MAX / 8];
	char info[INFO_SIZE];
	struct region *region;
	u32 nr_regions;
	void *buffer;
	tg_host_print_fn print;
	void *ctx;
};

u64 tg_hw_tsc(void)
{
	return __builtin_ia32_rdtsc();
}

static struct region *find_region(struct tg_host *h, u64 address, u32 size)
{
	for (u32 i = 0; i < h->nr_regions; i++) {
		struct region *r = &h->region[i];

		if (address - r->start < r->size && r->size - (address - r->start) >= size)
			return r;
	}
	return NULL;
}

void tg_guest_let_in(struct tg_run *run)
{
	(void)run;
}

u32 tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size)
{
	struct region *r = find_region(run->owner, address, size);
	u64 page;

	if (!r)
		return tg_run_fail(run, TG_ERR_READ, address);
	if (size == 8)
		memcpy(to, r->data + (address - r->start), 8);
	else
		memcpy(to, r->data + (address - r->start), size);
	page = address & ~(u64)(TG_RUN_PAGE - 1);
	if (page >= r->start && r->size - (page - r->start) >= TG_RUN_PAGE)
		tg_run_page(run, page, r->data + (page - r->start));
	return TG_ERR_NONE;
}

u32 tg_guest_write(struct tg_run *run, u64 address, const void *from, u32 size)
{
	struct region *r = find_region(run->owner, address, size);

	if (!r)
		return TG_ERR_WRITE;
	if (!r->writable)
		return TG_ERR_READ_ONLY;
	memcpy(r->data + (address - r->start), from, size);
	return TG_ERR_NONE;
}

/* Here physical addresses are the virtual ones. */
u32 tg_guest_read_phys(struct tg_run *run, u64 address, void *to, u32 size)
{
	return tg_guest_read(run, address, to, size) ? TG_ERR_PHYSICAL : TG_ERR_NONE;
}

u32 tg_guest_write_phys(struct tg_run *run, u64 address, const void *from, u32 size)
{
	return tg_guest_write(run, address, from, size) == TG_ERR_WRITE ? TG_ERR_PHYSICAL :
		tg_guest_write(run, address, from, size);
}

u32 tg_guest_to_phys(struct tg_run *run, u64 address, u64 *phys)
{
	*phys = address;
	return find_region(run->owner, address, 1) ? TG_ERR_NONE : TG_ERR_READ;
}

u32 tg_guest_to_virt(struct tg_run *run, u64 phys, u64 *address)
{
	*address = phys;
	return find_region(run->owner, phys, 1) ? TG_ERR_NONE : TG_ERR_PHYSICAL;
}

static u64 clock_text(struct tg_host *h, const char *format, u32 offset)
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))	/* as in events: the kernel knows no other */
		strftime(h->info + offset, 32, format, &tm);
	return TG_ADDR(TG_SEG_INFO, offset);
}

u32 tg_guest_get(struct tg_run *run, enum tg_reg reg, u64 *value)
{
	struct tg_host *h = run->owner;

	switch (reg) {
	case TG_REG_DATE:
		*value = clock_text(h, "%Y-%m-%d", INFO_DATE);
		break;
	case TG_REG_TIME:
		*value = clock_text(h, "%H:%M:%S", INFO_TIME);
		break;
	case TG_REG_PNAME:
		*value = TG_ADDR(TG_SEG_INFO, INFO_PNAME);
		break;
	case TG_REG_NAME:
		*value = TG_ADDR(TG_SEG_INFO, INFO_NAME);
		break;
	case TG_REG_BUFFER:
		*value = h->buffer ? TG_ADDR(TG_SEG_BUFFER, 0) : 0;
		break;
	case TG_REG_TSC:
		*value = tg_hw_tsc();
		break;
	default:
		*value = h->reg[reg];
	}
	return TG_ERR_NONE;
}

/* What the processor would refuse at the next entry. */
static bool is_possible(enum tg_reg reg, u64 value)
{
	switch (reg) {
	case TG_REG_RFLAGS:
		return !(value >> 22) && value & 2 && !(value & 0x8028);
	case TG_REG_CR0:		/* PG needs PE, NW needs CD */
		return !(value >> 32) && (!(value & 1u << 31) || value & 1) &&
		       (!(value & 1u << 29) || value & 1u << 30);
	case TG_REG_CR8:
		return value < 16;
	case TG_REG_RIP:
		return value + (1ull << 47) < 1ull << 48;
	default:
		return true;
	}
}

u32 tg_guest_set(struct tg_run *run, enum tg_reg reg, u64 value)
{
	struct tg_host *h = run->owner;

	if (!is_possible(reg, value))
		return tg_run_fail(run, TG_ERR_REGISTER, value);
	h->reg[reg] = value;
	return TG_ERR_NONE;
}

void tg_host_print(struct tg_run *run, const char *text, u32 size)
{
	struct tg_host *h = run->owner;

	h->print(h->ctx, text, size);
}

/* There are no events here; they are named for the reader. */
u32 tg_host_event(struct tg_run *run, enum tg_helper what, const u64 *arg)
{
	struct tg_host *h = run->owner;
	char line[100];
	int n = 0;

	switch (what) {
	case TG_HELPER_FLUSH:		/* nothing waits here */
		return TG_ERR_NONE;
	case TG_HELPER_PAUSE:
		n = snprintf(line, sizeof(line), "pause\n");
		break;
	case TG_HELPER_EVENT_SC:
		n = snprintf(line, sizeof(line), "event_sc %llx\n", (unsigned long long)arg[0]);
		break;
	case TG_HELPER_EVENT_INJECT:
	case TG_HELPER_EVENT_INJECT_ERROR_CODE:
		if (arg[0] > 7 || arg[1] > 255)
			return tg_run_fail(run, TG_ERR_INJECT, arg[0] > 7 ? arg[0] : arg[1]);
		n = snprintf(line, sizeof(line), "event_inject %llx %llx",
			     (unsigned long long)arg[0], (unsigned long long)arg[1]);
		if (what == TG_HELPER_EVENT_INJECT_ERROR_CODE)
			n += snprintf(line + n, sizeof(line) - (size_t)n, " %llx",
				      (unsigned long long)arg[2]);
		line[n++] = '\n';
		break;
	default:
		return tg_run_fail(run, TG_ERR_EVENT, arg[0]);
	}
	h->print(h->ctx, line, (size_t)n);
	return TG_ERR_NONE;
}

/* ---- the guest --------------------------------------------------------------------- */

/* Measured once, for a millisecond. */
static u64 tsc_khz(void)
{
	static u64 known;
	struct timespec a, b;
	u64 start, end, ns;

	if (known)
		return known;
	clock_gettime(CLOCK_MONOTONIC, &a);
	start = tg_hw_tsc();
	do {
		clock_gettime(CLOCK_MONOTONIC, &b);
		end = tg_hw_tsc();
		ns = (u64)(b.tv_sec - a.tv_sec) * 1000000000 + (u64)b.tv_nsec - (u64)a.tv_nsec;
	} while (ns < 1000000);
	known = (end - start) * 1000000 / ns;
	return known;
}

struct tg_host *tg_host_new(tg_host_print_fn print, void *ctx)
{
	struct tg_host *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->print = print;
	h->ctx = ctx;
	h->jit = true;
	h->work = malloc(sizeof(*h->work));
	if (!h->work) {
		free(h);
		return NULL;
	}
	h->reg[TG_REG_RFLAGS] = 2;
	strcpy(h->info + INFO_PNAME, "trapgate");
	h->run.gpr = h->reg;
	h->run.stack = h->stack;
	h->run.owner = h;
	h->run.seg[TG_SEG_FRAME].base = (u8 *)h->frame;
	h->run.seg[TG_SEG_GLOBALS].base = (u8 *)h->globals;
	h->run.seg[TG_SEG_GLOBALS].size = sizeof(h->globals);
	h->run.seg[TG_SEG_INFO].base = (u8 *)h->info;
	h->run.seg[TG_SEG_INFO].size = sizeof(h->info);
	h->run.fuel_limit = TG_DEFAULT_FUEL;
	h->run.tsc_khz = tsc_khz();
	h->run.tsc_limit = h->run.tsc_khz * TIME_LIMIT_MS;
	return h;
}

static void drop_code(struct tg_host *h)
{
	if (h->code)
		munmap(h->code, h->code_size);
	h->code = NULL;
}

void tg_host_free(struct tg_host *h)
{
	if (!h)
		return;
	drop_code(h);
	for (u32 i = 0; i < h->nr_regions; i++)
		free(h->region[i].data);
	free(h->region);
	free(h->buffer);
	free(h->work);
	free(h);
}

int tg_host_memory(struct tg_host *h, u64 address, const void *data, size_t size, bool writable)
{
	struct region *more = realloc(h->region, (h->nr_regions + 1) * sizeof(*more));
	struct region *r;

	if (!more)
		return -ENOMEM;
	h->region = more;
	if (!size || address + size < address || (u64)((s64)(address << 16) >> 16) != address)
		return -EINVAL;
	r = &h->region[h->nr_regions];
	*r = (struct region){ address, size, malloc(size), writable };
	if (!r->data)
		return -ENOMEM;
	memcpy(r->data, data, size);
	h->nr_regions++;
	return 0;
}

int tg_host_buffer(struct tg_host *h, size_t size)
{
	free(h->buffer);
	h->buffer = size ? calloc(1, size) : NULL;
	h->run.seg[TG_SEG_BUFFER].base = h->buffer;
	h->run.seg[TG_SEG_BUFFER].size = h->buffer ? size : 0;
	return size && !h->buffer ? -ENOMEM : 0;
}

static const struct reg_name *any_name(const char *name)
{
	struct text t = { name, (u32)strlen(name) };
	const struct reg_name *r = t.length ? reg_find(t) : NULL;

	return r || !t.length ? r : pseudo_find(t);
}

static bool is_text(u8 reg)
{
	return reg == TG_REG_DATE || reg == TG_REG_TIME || reg == TG_REG_PNAME ||
	       reg == TG_REG_NAME || reg == TG_REG_BUFFER || reg == TG_REG_TSC;
}

int tg_host_set(struct tg_host *h, const char *name, u64 value)
{
	const struct reg_name *r = any_name(name);
	u64 mask;

	if (!r || is_text(r->reg))
		return -EINVAL;
	mask = r->width == 64 ? ~0ull : ((1ull << r->width) - 1) << r->shift;
	if (value > mask >> r->shift)
		return -ERANGE;
	value = (h->reg[r->reg] & ~mask) | value << r->shift;
	if (!is_possible(r->reg, value))
		return -ERANGE;
	h->reg[r->reg] = value;
	return 0;
}

int tg_host_get(struct tg_host *h, const char *name, u64 *value)
{
	const struct reg_name *r = any_name(name);

	if (!r || is_text(r->reg))
		return -EINVAL;
	*value = h->reg[r->reg] >> r->shift & (r->width == 64 ? ~0ull : (1ull << r->width) - 1);
	return 0;
}

void tg_host_jit(struct tg_host *h, bool on)
{
	h->jit = on;
}

void tg_host_fuel(struct tg_host *h, u64 instructions)
{
	h->run.fuel_limit = instructions;
}

void tg_host_time(struct tg_host *h, u64 ms)
{
	h->run.tsc_limit = h->run.tsc_khz * ms;
}

u64 tg_host_global(const struct tg_host *h, u32 offset)
{
	return h->globals[offset / 8];
}

/* ---- running -------------------------------------------------------------------------- */

/* Never writable and executable at once. Without code it is interpreted. */
static int translate(struct tg_host *h)
{
	struct tg_jit_work *work = malloc(sizeof(*work));
	u32 size = work ? tg_jit_translate(&h->program, NULL, 0, 0, work) : 0;
	void *code;

	if (!work)
		return -ENOMEM;
	code = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code != MAP_FAILED) {
		h->code = code;
		h->code_size = size;
		if (tg_jit_translate(&h->program, code, (u64)code, size, work) == size &&
		    !mprotect(code, size, PROT_READ | PROT_EXEC))
			tg_jit_use(&h->program, (u64)code, size, work);
	}
	free(work);
	return h->program.code ? 0 : -ENOMEM;
}

int tg_host_load(struct tg_host *h, struct tg_image *image, char *why, size_t why_size)
{
	u32 insn;
	enum tg_reject reject;

	drop_code(h);
	reject = tg_script_verify(image, image->size, &h->program, h->work, &insn);

	if (reject) {
		h->run.program = NULL;
		snprintf(why, why_size, "instruction %u: %s", insn, tg_script_reject_text(reject));
		return -EINVAL;
	}
	h->run.program = &h->program;
	h->run.seg[TG_SEG_CONSTS].base = h->program.consts;
	h->run.seg[TG_SEG_CONSTS].size = image->const_size;
	if (h->jit && translate(h)) {
		snprintf(why, why_size, "no memory for its translation");
		return -ENOMEM;
	}
	return 0;
}

void tg_host_run_bare(struct tg_host *h)
{
	tg_script_run(&h->run);
}

void tg_host_run(struct tg_host *h, struct tg_host_result *r)
{
	struct tg_run *run = &h->run;
	const char *file = h->program.names;
	u32 line;

	tg_script_run(run);
	*r = (struct tg_host_result){ .error = run->error, .error_value = run->error_value,
				      .value = run->value, .file = "" };
	if (!run->error)
		return;
	line = tg_script_line(&h->program, run->error_insn);
	for (u32 i = line >> 24; i && i < h->program.image->nr_files; i--)
		file += strlen(file) + 1;
	r->file = file;
	r->line = line & 0xffffff;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(r->message, sizeof(r->message), tg_script_error_text(run->error),
		 (unsigned long long)run->error_value);
#pragma GCC diagnostic pop
}
