/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the interrupted guest's memory through its own page tables.
 */
#ifndef TG_ARCH_WALK_H
#define TG_ARCH_WALK_H

#include "vcpu.h"

/* A page as the tables map it. */
struct tg_page {
	u64 at;			/* physical address of what was asked for */
	u64 entry, entry_at;	/* the last entry, and its physical address */
	bool writable, user;	/* as all levels together say */
};

/*
 * Walks the tables of cr3 (with CR4 for their depth). 0; -1 where nothing is mapped or
 * the address is not canonical. Root mode; touches neither TLB nor accessed bits.
 */
int tg_walk(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address, struct tg_page *page);

/*
 * Reads n bytes at a linear address of the address space of cr3 (with CR4 for
 * its depth, 4-level or 5-level paging). The number of bytes read, less than n
 * where the tables end. Root mode; touches neither TLB nor accessed bits.
 */
u32 tg_walk_read(const struct tg_platform *p, u64 cr3, u64 cr4, u64 address, u8 *to, u32 n);

#endif
