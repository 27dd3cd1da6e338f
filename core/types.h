/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Basic types of the freestanding core, and the marks for code that runs in
 * root mode. Built for the kernel, for the lab and for the host's unit tests.
 */
#ifndef TG_CORE_TYPES_H
#define TG_CORE_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/stddef.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
#endif

/*
 * Runs in root mode (between a VM exit and the next VM entry): interrupts off,
 * own page tables, own GS. It may call tg_root functions and inlines of ours,
 * and nothing else. The section is the one that kprobes and ftrace keep out of;
 * `make check` proves that objects with root code have no other code.
 */
#ifdef TG_HOST_TEST
#define tg_root
#else
#define tg_root __attribute__((section(".noinstr.text")))
#endif

#define tg_always_inline inline __attribute__((always_inline))

/* A function of its own: who does not call it saves no registers for it. */
#define tg_noinline __attribute__((__noinline__))

/* Plain single-copy loads and stores that the compiler may not merge. */
#define tg_read(x)	(*(const volatile __typeof__(x) *)&(x))
#define tg_write(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))

#define tg_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define tg_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* Which way the frequent exits go. */
#define tg_likely(x)	__builtin_expect(!!(x), 1)
#define tg_unlikely(x)	__builtin_expect(!!(x), 0)

#define TG_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
