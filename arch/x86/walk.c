// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's page tables (SDM volume 3, "Paging"; APM volume 2, "Long-Mode Page
 * Translation"), read through the direct map. Root mode.
 */
#include "fixup.h"
#include "walk.h"

#define PTE_PRESENT	1ull
#define PTE_WRITABLE	(1ull << 1)
#define PTE_USER	(1ull << 2)
#define PTE_LARGE	(1ull << 7)
#define PAGE_BITS	12
#define LEVEL_BITS	9

static tg_root int read_physical(const struct tg_platform *p, u64 pa, u64 *v)
{
	if (pa >= p->direct_map_size)
		return -1;
	return fixup_read64(p->direct_map + pa, v);	/* holes are not mapped */
}

/* rights: the bits that all levels have. */
static tg_always_inline int walk(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address,
				 struct tg_page *page, u64 *rights)
{
	u32 shift = PAGE_BITS + LEVEL_BITS * (cr4 & TGX_CR4_LA57 ? 4 : 3);
	u64 entry = cr3 & p->pte_mask, size, sign = address + (1ull << (shift + LEVEL_BITS - 1));
	u64 all = ~0ull, at;

	if (sign >> (shift + LEVEL_BITS))
		return -1;
	for (;; shift -= LEVEL_BITS) {
		at = (entry & p->pte_mask) + (address >> shift & ((1u << LEVEL_BITS) - 1)) * 8;
		if (read_physical(p, at, &entry) || !(entry & PTE_PRESENT))
			return -1;
		all &= entry;
		if (shift == PAGE_BITS ||
		    ((entry & PTE_LARGE) && shift <= PAGE_BITS + 2 * LEVEL_BITS))
			break;
	}
	size = 1ull << shift;
	page->entry = entry;
	page->entry_at = at;
	page->at = (entry & p->pte_mask & ~(size - 1)) | (address & (size - 1));
	*rights = all;
	return 0;
}

tg_root int tg_walk(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address,
		    struct tg_page *page)
{
	u64 rights;

	if (walk(p, cr3, cr4, address, page, &rights))
		return -1;
	page->writable = rights & PTE_WRITABLE;
	page->user = rights & PTE_USER;
	return 0;
}

tg_root u32 tg_walk_read(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address, u8 *to, u32 n)
{
	struct tg_page page;
	u64 word = 0, pa = 0, rights;
	u32 i;

	for (i = 0; i < n; i++, address++) {
		if (!i || !(address & 0xfff)) {
			if (walk(p, cr3, cr4, address, &page, &rights))
				break;
			pa = page.at;
		} else {
			pa++;
		}
		if ((!i || !(pa & 7)) && read_physical(p, pa & ~7ull, &word))
			break;
		to[i] = word >> (pa & 7) * 8;
	}
	return i;
}
