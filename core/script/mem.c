// SPDX-License-Identifier: GPL-2.0
/*
 * Memory as scripts see it: their own storage behind tagged addresses, checked
 * here; the guest's behind all others, checked by what is behind guest.h.
 */
#include "guest.h"

static const u8 writable[TG_NR_SEGS] = {
#define SEG_WRITABLE(name, yes) [TG_SEG_##name] = yes,
	TG_SEGMENTS(SEG_WRITABLE)
};

tg_root u8 *tg_mem_storage(const struct tg_run *run, u64 address, u64 size, bool write)
{
	u64 segment = address >> 48 & 0xff, offset = address & 0xffffffffffffull;

	if (segment >= TG_NR_SEGS || (write && !writable[segment]))
		return NULL;
	if (size > run->seg[segment].size || offset > run->seg[segment].size - size)
		return NULL;
	return run->seg[segment].base + offset;
}

/* By bytes: a call of memcpy would leave root mode's objects. */
static tg_root void copy_bytes(u8 *to, const u8 *from, u32 size)
{
	for (; size >= 8; size -= 8, to += 8, from += 8)
		__builtin_memcpy(to, from, 8);
	for (; size; size--)
		*to++ = *from++;
}

tg_root void tg_mem_zero(u8 *at, u64 size)
{
	for (u64 i = 0; i < size; i += 8)
		tg_write(*(u64 *)(at + i), 0);
}

tg_root u32 tg_mem_read(struct tg_run *run, u64 address, void *to, u32 size)
{
	const u8 *from;

	run->error_value = address;
	if (!tg_mem_own(address))
		return tg_guest_read(run, address, to, size);
	from = tg_mem_storage(run, address, size, false);
	if (!from)
		return TG_ERR_READ;
	copy_bytes(to, from, size);
	return TG_ERR_NONE;
}

tg_root u32 tg_mem_write(struct tg_run *run, u64 address, const void *from, u32 size)
{
	u8 *to;

	run->error_value = address;
	if (!tg_mem_own(address))
		return tg_guest_write(run, address, from, size);
	to = tg_mem_storage(run, address, size, true);
	if (!to)
		return tg_mem_storage(run, address, size, false) ? TG_ERR_READ_ONLY : TG_ERR_WRITE;
	copy_bytes(to, from, size);
	return TG_ERR_NONE;
}

tg_root u32 tg_mem_load(struct tg_run *run, u64 address, u32 size, u64 *value)
{
	const u8 *from;

	*value = 0;
	if (!tg_mem_own(address))
		return tg_guest_read(run, address, value, size);
	from = tg_mem_storage(run, address, size, false);
	if (!from)
		return tg_run_fail(run, TG_ERR_READ, address);
	copy_bytes((u8 *)value, from, size);
	return TG_ERR_NONE;
}

tg_root u32 tg_mem_store(struct tg_run *run, u64 address, u32 size, u64 value)
{
	return tg_mem_write(run, address, &value, size);
}
