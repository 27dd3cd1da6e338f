// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupted guest's memory for scripts: through its own page tables, to RAM
 * only, by the direct map, every access under a fixup. Root mode.
 */
#include "../../core/action.h"
#include "../../core/script/guest.h"
#include "fixup.h"
#include "guest_regs.h"
#include "svm/backend.h"
#include "walk.h"

#define PAGE_MASK	(TG_RUN_PAGE - 1ull)
#define PTE_ACCESSED	(1ull << 5)
#define PTE_DIRTY	(1ull << 6)
#define CR3_USER_HALF	(1ull << 12)
#define CR0_WP		(1ull << 16)

static tg_root struct tg_vcpu *vcpu_of(const struct tg_run *run)
{
	return tg_vcpu_of(((const struct tg_script_cpu *)run->owner)->cpu);
}

static tg_root bool is_mc(const struct tg_flight *f)
{
	return f->vector == TG_VEC_MC && f->type == TG_TYPE_EXCEPTION;
}

/*
 * AMD-V: before the first access of a run, until its end (tg_guest_regs_end). Not for an
 * NMI's scripts: one more would have to wait somewhere while they run.
 */
tg_root void tg_guest_let_in(struct tg_run *run)
{
	struct tg_vcpu *v = vcpu_of(run);
	const struct tg_trap *trap = v->core.script->trap;

	if (!v->amd || v->svm.gif || (trap && trap->ev.type == TG_TYPE_NMI))
		return;
	v->svm.gif = true;
	svm_open_gif();
}

/*
 * A machine check that the guest has not got: the next one would be the machine's end, so
 * scripts touch no memory, those of the #MC's own events and of faults in its delivery
 * included.
 */
static tg_root bool is_broken(const struct tg_vcpu *v)
{
	const struct tg_trap *trap = v->core.script->trap;

	return tg_read(v->mce_pending) ||
	       (trap && (is_mc(&trap->ev) || (trap->first.valid && is_mc(&trap->first))));
}

static tg_root bool is_ram(const struct tg_vcpu *v, u64 at, u64 size)
{
	const struct tg_platform *p = v->platform;
	u32 low = 0, high = p->nr_ram;

	if (is_broken(v))
		return false;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (at >= p->ram[middle].end)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->nr_ram && at >= p->ram[low].start && size <= p->ram[low].end - at &&
	       at + size <= p->direct_map_size;
}

/*
 * With PTI a program runs on tables that lack the kernel; the kernel's own have
 * both, and lie below.
 */
static tg_root int find_page(const struct tg_vcpu *v, u64 address, struct tg_page *page)
{
	u64 cr3 = guest_cr3(v);

	if (is_broken(v))
		return -1;
	if (v->platform->pti)
		cr3 &= ~CR3_USER_HALF;
	return tg_walk(v->platform, cr3, guest_cr4(v), address, page);
}

/*
 * Linux flushes its direct map's translations, where it changes, from its own: root mode's
 * may be of yesterday (encryption bit, memory that was taken out).
 */
static tg_root void forget(const struct tg_platform *p, u64 at)
{
	x86_invlpg(p->direct_map + at);
}

/* 1 to 64 bytes of mapped RAM, within a page; aligned words of it at once each. */
static tg_root int copy_from(u64 at, u8 *to, u32 size)
{
	u64 word, n;

	for (; size; size -= n, to += n, at += n) {
		u32 skip = at & 7;

		if (fixup_read64(at - skip, &word))
			return -1;
		n = 8 - skip;
		if (n == 8 && size >= 8) {
			__builtin_memcpy(to, &word, 8);
			continue;
		}
		n = n < size ? n : size;
		word >>= skip * 8;
		for (u32 i = 0; i < n; i++, word >>= 8)
			to[i] = (u8)word;
	}
	return 0;
}

/* Values of 1, 2, 4, 8 bytes at once, as an instruction of the guest's would. */
static tg_root int copy_to(const struct tg_platform *p, u64 at, const u8 *from, u32 size)
{
	u64 value = 0, to = p->direct_map + at;

	if (size <= 8)
		for (u32 i = 0; i < size; i++)
			value |= (u64)from[i] << 8 * i;
	if (size == 8)
		return fixup_write64(to, value);
	if (size == 4)
		return fixup_write32(to, value);
	if (size == 2)
		return fixup_write16(to, value);
	for (u32 i = 0; i < size; i++)
		if (fixup_write8(to + i, from[i]))
			return -1;
	return 0;
}

static tg_root u32 part(u64 address, u32 left)
{
	u64 room = TG_RUN_PAGE - (address & PAGE_MASK);

	return left < room ? left : (u32)room;
}

static tg_root u32 read_failed(struct tg_run *run, u64 address)
{
	return tg_run_fail(run, TG_ERR_READ, address);
}

/* The page that reads go to from here on, at the address; NULL: there is no RAM. */
static tg_root const u8 *next_page(struct tg_run *run, u64 address)
{
	const struct tg_vcpu *v = vcpu_of(run);
	struct tg_page page;
	u64 at;

	tg_guest_let_in(run);
	if (find_page(v, address, &page))
		return NULL;
	at = page.at & ~PAGE_MASK;
	if (!is_ram(v, at, TG_RUN_PAGE))
		return NULL;
	forget(v->platform, at);
	tg_run_page(run, address & ~PAGE_MASK, (const u8 *)v->platform->direct_map + at);
	return run->page_at + (address & PAGE_MASK);
}

tg_root u32 tg_guest_read(struct tg_run *run, u64 address, void *to, u32 size)
{
	for (u32 done = 0, n; done < size; done += n, address += n) {
		const u8 *from = tg_run_in_page(run, address);

		n = part(address, size - done);
		if (!from)
			from = next_page(run, address);
		if (!from || copy_from((u64)from, (u8 *)to + done, n))
			return read_failed(run, address);
	}
	return TG_ERR_NONE;
}

/*
 * What the processor does on a write. 0; -1 when the entry has changed meanwhile or
 * is not there any more.
 */
static tg_root int mark_dirty(const struct tg_platform *p, const struct tg_page *page)
{
	u64 old = page->entry, want = page->entry | PTE_ACCESSED | PTE_DIRTY;

	if (old == want)
		return 0;
	if (fixup_cmpxchg64(p->direct_map + page->entry_at, &old, want))
		return -1;
	return old == page->entry ? 0 : -1;
}

/* Kernel memory that is mapped read-only, in the direct map, too. */
static tg_root int copy_to_protected(const struct tg_vcpu *v, u64 at, const u8 *from, u32 size)
{
	u64 cr0 = x86_read_cr0();
	int err;

	x86_write_cr0(cr0 & ~CR0_WP);
	err = copy_to(v->platform, at, from, size);
	x86_write_cr0(cr0);
	return err;
}

/*
 * Where to write within a page. Pages of programs that are mapped read-only are never
 * written: they may be shared, and a copy would have to be made, which root mode cannot.
 */
static tg_root u32 writable_page(const struct tg_vcpu *v, u64 address, u32 size,
				 struct tg_page *page)
{
	if (find_page(v, address, page) || !is_ram(v, page->at, size))
		return TG_ERR_WRITE;
	if (!page->writable && (page->user || !tg_read(v->platform->core.allow_write_protect)))
		return TG_ERR_READ_ONLY;
	if (!page->writable && (x86_read_cr4() & TGX_CR4_CET))
		return TG_ERR_READ_ONLY;	/* CR0.WP cannot be cleared */
	return TG_ERR_NONE;
}

/*
 * Behind a store: whether the address is not where it was. This CPU answers no TLB shootdown
 * meanwhile, so that a page is not freed under it, but where one goes without: at a
 * hypervisor's hands, and on a CPU that runs a kernel thread on a program's tables.
 */
static tg_root bool has_moved(const struct tg_vcpu *v, u64 address, const struct tg_page *was)
{
	const u64 marks = PTE_ACCESSED | PTE_DIRTY;
	struct tg_page page;

	return find_page(v, address, &page) || page.entry_at != was->entry_at ||
	       ((page.entry ^ was->entry) & ~marks);
}

static tg_root u32 write_part(const struct tg_vcpu *v, u64 address, const u8 *from, u32 size)
{
	struct tg_page page;
	u32 turns = 0, error;

	do {
		error = writable_page(v, address, size, &page);
		if (error)
			return error;
		if (++turns > 8)
			return TG_ERR_WRITE;
	} while (page.writable && mark_dirty(v->platform, &page));
	forget(v->platform, page.at);
	if (!page.writable)
		return copy_to_protected(v, page.at, from, size) ? TG_ERR_READ_ONLY : TG_ERR_NONE;
	if (copy_to(v->platform, page.at, from, size) || has_moved(v, address, &page))
		return TG_ERR_WRITE;
	return TG_ERR_NONE;
}

tg_root u32 tg_guest_write(struct tg_run *run, u64 address, const void *from, u32 size)
{
	const struct tg_vcpu *v = vcpu_of(run);
	u32 first = part(address, size);

	tg_guest_let_in(run);
	/* All or nothing: the second page is looked at before the first is written. */
	if (first < size) {
		struct tg_page page;
		u32 error = writable_page(v, address, first, &page);

		if (error)
			return tg_run_fail(run, error, address);
		error = writable_page(v, address + first, size - first, &page);
		if (error)
			return tg_run_fail(run, error, address + first);
	}
	for (u32 done = 0, n; done < size; done += n, address += n) {
		u32 error;

		n = part(address, size - done);
		error = write_part(v, address, (const u8 *)from + done, n);
		if (error)
			return tg_run_fail(run, error, address);
	}
	return TG_ERR_NONE;
}

tg_root u32 tg_guest_read_phys(struct tg_run *run, u64 address, void *to, u32 size)
{
	const struct tg_vcpu *v = vcpu_of(run);
	const struct tg_platform *p = v->platform;

	tg_guest_let_in(run);
	if (!is_ram(v, address, size))
		return tg_run_fail(run, TG_ERR_PHYSICAL, address);
	forget(p, address);
	if ((address ^ (address + size - 1)) & ~PAGE_MASK)
		forget(p, address + size - 1);
	if (copy_from(p->direct_map + address, to, size))
		return tg_run_fail(run, TG_ERR_UNMAPPED, address);
	return TG_ERR_NONE;
}

tg_root u32 tg_guest_write_phys(struct tg_run *run, u64 address, const void *from, u32 size)
{
	const struct tg_vcpu *v = vcpu_of(run);
	const struct tg_platform *p = v->platform;
	u64 word;

	tg_guest_let_in(run);
	if (!is_ram(v, address, size))
		return tg_run_fail(run, TG_ERR_PHYSICAL, address);
	forget(p, address);
	forget(p, address + size - 1);
	/* The direct map is read-only where the kernel's code is, and has holes. */
	if (copy_to(p, address, from, size))
		return tg_run_fail(run, fixup_read64(p->direct_map + (address & ~7ull), &word) ?
				   TG_ERR_UNMAPPED : TG_ERR_READ_ONLY, address);
	return TG_ERR_NONE;
}

tg_root u32 tg_guest_to_phys(struct tg_run *run, u64 address, u64 *phys)
{
	struct tg_page page;

	tg_guest_let_in(run);
	if (find_page(vcpu_of(run), address, &page))
		return read_failed(run, address);
	*phys = page.at;
	return TG_ERR_NONE;
}

tg_root u32 tg_guest_to_virt(struct tg_run *run, u64 phys, u64 *address)
{
	const struct tg_vcpu *v = vcpu_of(run);
	const struct tg_platform *p = v->platform;

	if (!is_ram(v, phys, 1))
		return tg_run_fail(run, TG_ERR_PHYSICAL, phys);
	*address = p->direct_map + phys;
	return TG_ERR_NONE;
}
