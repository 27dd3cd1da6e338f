/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Injection asked for by the user: by a command through the control side, or by a
 * script in root mode. Checked against the rules of the entry before anything else, so
 * that no entry can fail of it; then it takes its turn behind what is in flight.
 *
 * An interrupt goes through the local APIC, as an IPI of the CPU to itself: it has its
 * priority, merges with one that is pending, and events see it. An NMI is pending, as
 * one that arrived is, at most once. Exceptions and software events wait in a queue
 * until the CPU runs user code (or any, with TG_INJECT_F_FORCE) of the process that is
 * named, with nothing else to be injected; events do not see them. What has waited for a
 * second is dropped: a process that never runs there again would hold up the others, and
 * interrupts exit as long as one waits. A CPU that leaves operation drops what waits.
 */
#ifndef TG_CORE_INJECT_H
#define TG_CORE_INJECT_H

#include <trapgate/abi.h>
#include "types.h"

struct tg_cpu;

#define TG_REQUESTS	8u		/* that can wait on one CPU, a power of two */
#define TG_REQUEST_MS	1000u		/* that each may wait */

struct tg_requests {
	struct tg_inject_spec spec[TG_REQUESTS];
	u64 since[TG_REQUESTS];		/* TSC */
	u32 head, count;
	u64 not_at;			/* none of them at the exit of this number */
};

/*
 * Why a request is refused: X(name, errno, sentence). The rules are those of SDM
 * "Checks on VM-Entry Control Fields" and APM "Event Injection", and of what either
 * vendor's processors may lack.
 */
#define TG_INJECT_REFUSALS(X)								\
	X(FLAGS, EINVAL, "unknown flags, or a member without its flag")			\
	X(TYPE, EINVAL, "unknown type of event")					\
	X(VECTOR, EINVAL, "a vector is a number from 0 to 0xff")			\
	X(EXCEPTION_VECTOR, EINVAL, "exceptions have the vectors 0 to 0x1f")		\
	X(NOT_AN_EXCEPTION, EINVAL, "vector 2 is the NMI: type nmi")			\
	X(RESERVED, EINVAL, "no exception has this vector, or some processors refuse "	\
	  "to inject it")								\
	X(BY_INSTRUCTION, EINVAL, "#BP and #OF come from instructions: use type "	\
	  "int3-into and the instruction's length")					\
	X(NOT_IN_64_BIT, EINVAL, "#BR does not exist in 64-bit mode")			\
	X(INTERRUPT_VECTOR, EINVAL, "interrupts have the vectors 0x20 to 0xff")		\
	X(NMI_VECTOR, EINVAL, "the NMI has vector 2")					\
	X(INT3_INTO_VECTOR, EINVAL, "INT3 and INTO have the vectors 3 and 4")		\
	X(INT1_VECTOR, EINVAL, "INT1 has vector 1")					\
	X(NO_ERROR_CODE, EINVAL, "this event has no error code")			\
	X(ERROR_IS_ZERO, EINVAL, "the error code of this exception is always 0")	\
	X(ERROR_BITS, EINVAL, "an error code has 16 bits")				\
	X(LENGTH, EINVAL, "a software event needs the length of its instruction, 1 to 15")	\
	X(NO_LENGTH, EINVAL, "only software events have a length")			\
	X(ADDRESS, EINVAL, "a page fault needs an address, for CR2")			\
	X(NO_ADDRESS, EINVAL, "only a page fault has an address")			\
	X(NOT_QUEUED, EINVAL, "interrupts and NMIs take no pid: they go to the core, "	\
	  "whatever runs there")							\
	X(FORCE, EPERM, "this crashes the kernel in most cases: add force if you mean "	\
	  "it")										\
	X(NM, EPERM, "the kernel never lets #NM happen and takes one for a fault of its own: "	\
	  "add force if you mean it")							\
	X(NOT_OF_USER, EPERM, "user code cannot cause such a page fault, and the kernel "	\
	  "crashes: set bit 2 of the error code, clear bit 3, or add force")		\
	X(FULL, EBUSY, "eight injections already wait on that core")

enum tg_inject_error {
	TG_INJECT_ERR_NONE = 0,
#define TG_INJECT_ENUM(name, error, text) TG_INJECT_ERR_##name,
	TG_INJECT_REFUSALS(TG_INJECT_ENUM)
	TG_INJECT_ERR_NR
};

/* Whether the entry rules allow it; changes nothing. Any context. */
enum tg_inject_error tg_inject_check(const struct tg_inject_spec *spec);

/*
 * Root mode, on the CPU that is to get it: checks and takes it. A refused one changes
 * nothing. The backend must look at cpu->attention before the entry.
 */
enum tg_inject_error tg_inject_request(struct tg_cpu *cpu, const struct tg_inject_spec *spec);

/*
 * Root mode, before an entry: drops what has waited too long, and moves the oldest of
 * the others to cpu->next if it may go now. cpu->inject: whether any waits behind it. cpl:
 * the guest's. The backend loads CR2 with .address of a page fault.
 */
bool tg_inject_take(struct tg_cpu *cpu, u8 cpl);

/* Before the CPU leaves operation: nothing waits any more. */
void tg_inject_drop(struct tg_cpu *cpu);

#endif
