/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader of /dev/trapgate of its own, straight over abi.h and without the
 * library: what the library's bugs would hide, this shows.
 */
#ifndef TGRAW_H
#define TGRAW_H

#include <stdint.h>
#include <stdio.h>
#include <trapgate/abi.h>

#define RAW_MAX_CPUS	64

struct raw_ring {
	const struct tg_ring_head *head;
	struct tg_ring_tail *tail;
	const struct tg_record *data;
	uint64_t next;			/* index of the next record to read */
	uint64_t next_seq;
	uint64_t last_tsc;
	uint64_t gaps;			/* records missing from the sequence */
	uint64_t vectors[256];
};

struct raw_dev {
	int fd;
	unsigned int nr_cpus;
	uint64_t bytes;
	uint64_t bad;			/* records that break the contract */
	FILE *out;			/* records as JSON, or NULL */
	struct raw_ring ring[RAW_MAX_CPUS];
};

/* All return 0 or -errno and say on stderr what failed. */
int raw_open(struct raw_dev *d);
int raw_load(struct raw_dev *d);
int raw_rings(struct raw_dev *d, uint64_t bytes);
int raw_add(struct raw_dev *d, struct tg_event_add *a);
int raw_modify(struct raw_dev *d, unsigned int number, unsigned int op);
int raw_info(struct raw_dev *d, struct tg_info *info);
void raw_close(struct raw_dev *d);

void raw_spec(struct tg_event_add *a, unsigned int type, unsigned int vector);
uint64_t raw_drain(struct raw_dev *d);
uint64_t raw_lost(const struct raw_dev *d);
uint64_t raw_summary(struct raw_dev *d, FILE *f);
int raw_pin(unsigned int cpu);

int tgraw_abi(int argc, char **argv);
int tgraw_match(int argc, char **argv);
int tgraw_churn(int argc, char **argv);
int tgraw_cycle(int argc, char **argv);

#endif
