/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DELIVERY_TEXT_H
#define DELIVERY_TEXT_H

#include "../host/host.h"
#include "../host/world.h"

#define TEXT_SIZE	6000

struct line {
	char text[TEXT_SIZE];
	size_t length;
};

void text_add(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_run(struct line *l);		/* world, after a run */
void text_records(struct line *l);	/* the ring's, and the chain after tg_host_fatal() */

/* Where the emulator never pushes RF, it is left out of runs and of what is right. */
extern bool text_without_rf;

/* Whether it is one of the alternatives, which '|' splits. */
/* A bit for each alternative that it is; all for none to choose from (NULL). */
u32 text_alternatives(const char *text, const char *right);
bool text_is(const char *text, const char *right);

#endif
