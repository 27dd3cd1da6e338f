// SPDX-License-Identifier: GPL-2.0
/*
 * Locks, atomic operations and waiting. They work on aligned 64-bit variables in
 * the script's storage only. Runs in root mode of several CPUs at once.
 */
#include "guest.h"

#define SLEEP_MAX	1000u		/* microseconds */
#define WAIT_MAX	65536u		/* PAUSEs between two looks at a lock */

static tg_always_inline void cpu_pause(void)
{
	__asm__ volatile("pause");
}

static tg_root u64 *variable(struct tg_run *run, u64 address)
{
	if (address & 7 || !tg_mem_own(address))
		return NULL;
	return (u64 *)tg_mem_storage(run, address, 8, true);
}

static tg_root u32 lock_take(struct tg_run *run, u64 *lock, u64 most)
{
	u64 wait = 1;

	for (u32 i = 0; i < run->nr_locks; i++)
		if (run->locks[i] == lock)
			return TG_ERR_LOCK_HELD;
	if (run->nr_locks == TG_RUN_LOCKS)
		return TG_ERR_LOCKS;
	if (!most || most > WAIT_MAX)
		most = WAIT_MAX;
	while (tg_read(*lock) || __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
		u32 error = tg_run_charge(run, wait);

		/* What is waited for may take longer than a slice of fuel says. */
		if (!error)
			error = tg_run_clock(run);
		if (error)
			return error;
		for (u64 i = 0; i < wait; i++)
			cpu_pause();
		wait = wait * 2 > most ? most : wait * 2;
	}
	run->locks[run->nr_locks++] = lock;
	return TG_ERR_NONE;
}

static tg_root u32 lock_free(struct tg_run *run, u64 *lock)
{
	for (u32 i = 0; i < run->nr_locks; i++) {
		if (run->locks[i] != lock)
			continue;
		run->locks[i] = run->locks[--run->nr_locks];
		tg_store_release(lock, 0);
		return TG_ERR_NONE;
	}
	return TG_ERR_LOCK_FREE;
}

tg_root void tg_sync_release(struct tg_run *run)
{
	while (run->nr_locks)
		tg_store_release(run->locks[--run->nr_locks], 0);
}

static tg_root u32 sleep(struct tg_run *run, u64 us)
{
	u64 start = tg_hw_tsc();
	u32 error = TG_ERR_NONE;

	if (us > SLEEP_MAX)
		return tg_run_fail(run, TG_ERR_SLEEP, us);
	while (!error && tg_hw_tsc() - start < us * run->tsc_khz / 1000) {
		cpu_pause();
		error = tg_run_clock(run);
	}
	return error;
}

tg_root u32 tg_sync_call(struct tg_run *run, u32 helper, u64 *arg)
{
	u64 *v;

	if (helper == TG_HELPER_MICROSLEEP)
		return sleep(run, arg[0]);
	v = variable(run, arg[0]);
	if (!v)
		return tg_run_fail(run, TG_ERR_ALIGN, arg[0]);
	switch (helper) {
	case TG_HELPER_INTERLOCKED_INCREMENT:
		arg[0] = __atomic_add_fetch(v, 1, __ATOMIC_SEQ_CST);
		return TG_ERR_NONE;
	case TG_HELPER_INTERLOCKED_DECREMENT:
		arg[0] = __atomic_sub_fetch(v, 1, __ATOMIC_SEQ_CST);
		return TG_ERR_NONE;
	case TG_HELPER_INTERLOCKED_EXCHANGE:
		arg[0] = __atomic_exchange_n(v, arg[1], __ATOMIC_SEQ_CST);
		return TG_ERR_NONE;
	case TG_HELPER_INTERLOCKED_EXCHANGE_ADD:
		arg[0] = __atomic_fetch_add(v, arg[1], __ATOMIC_SEQ_CST);
		return TG_ERR_NONE;
	case TG_HELPER_INTERLOCKED_COMPARE_EXCHANGE:
		arg[0] = arg[2];
		__atomic_compare_exchange_n(v, arg, arg[1], false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
		return TG_ERR_NONE;
	case TG_HELPER_SPINLOCK_LOCK:
		return lock_take(run, v, 0);
	case TG_HELPER_SPINLOCK_LOCK_CUSTOM_WAIT:
		return lock_take(run, v, arg[1]);
	default:
		return lock_free(run, v);
	}
}
