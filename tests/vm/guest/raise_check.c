// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a trace (one JSON object a line, as trapgate --json and tgraw write
 * them) and compares the records with what raise NAME N must have caused:
 * each raise exactly once, in order, and no other exception than page faults.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <trapgate/abi.h>

#include "raise.h"

struct seen {
	uint64_t vector, type, cpl, error, address, rip;
	int has_error, has_address;
};

/* The value behind "key":, without its opening quote; NULL when absent. */
static const char *find(const char *line, const char *key)
{
	size_t n = strlen(key);
	const char *p = line;

	while ((p = strchr(p, '"'))) {
		p++;
		if (strncmp(p, key, n) || p[n] != '"')
			continue;
		p += n + 1;
		while (isspace((unsigned char)*p) || *p == ':')
			p++;
		return *p == '"' ? p + 1 : p;
	}
	return NULL;
}

/* 12 or "0x12"; 0 when absent or null */
static int field(const char *line, const char *key, uint64_t *value)
{
	const char *p = find(line, key);
	char *end = NULL;

	if (p)
		*value = strtoull(p, &end, 0);
	return end != p;
}

/* tgraw writes the type as a number, trapgate as a word. */
static int trap_type(const char *line, uint64_t *value)
{
	static const char * const words[] = {
		[TG_TYPE_INTERRUPT] = "interrupt", [TG_TYPE_NMI] = "nmi",
		[TG_TYPE_EXCEPTION] = "exception", [TG_TYPE_INT_N] = "int-n",
		[TG_TYPE_INT1] = "int1", [TG_TYPE_INT3_INTO] = "int3-into",
	};
	const char *p = find(line, "trap_type");

	if (!p)
		return field(line, "type", value);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = words[i] ? strlen(words[i]) : 0;

		if (n && !strncmp(p, words[i], n) && p[n] == '"') {
			*value = i;
			return 1;
		}
	}
	return 0;
}

static int is_trap(const char *line, struct seen *s)
{
	const char *type = find(line, "type");
	uint64_t kind;

	if (type && !strncmp(type, "note", 4))
		return 0;
	if (field(line, "kind", &kind) && kind != TG_REC_TRAP)
		return 0;
	if (!field(line, "vector", &s->vector) || !field(line, "rip", &s->rip))
		return 0;
	if (!trap_type(line, &s->type) || !field(line, "cpl", &s->cpl)) {
		fprintf(stderr, "raise: record without type or cpl: %s", line);
		exit(1);
	}
	s->has_error = field(line, "error", &s->error);
	s->has_address = field(line, s->vector == 1 && find(line, "dr6") ? "dr6" :
			       "address", &s->address);
	return 1;
}

/* Is this record meant to be one of ours? */
static int ours(const struct raise_case *c, const struct seen *s)
{
	if ((int)s->vector != c->vector)
		return 0;
	if (c->vector != 14)
		return 1;
	if (c->rip)
		return s->rip == c->rip;
	return s->has_address && s->address == c->address;
}

static int differs(const char *what, uint64_t have, uint64_t want)
{
	if (have == want)
		return 0;
	fprintf(stderr, "raise: record: %s is 0x%lx, not 0x%lx\n", what, have,
		want);
	return 1;
}

/*
 * The page of pf_demand that this record must be for. Each page is there once,
 * in any order: the process may change CPUs, whose records lie side by side.
 */
static uint64_t demanded(const struct raise_case *c, const struct seen *s)
{
	static unsigned char had[1 << 16];
	uint64_t page = (s->address - c->address) / 4096;

	if (page >= sizeof(had) || had[page]++)
		return c->address;
	return c->address + page * 4096;
}

static int compare(const struct raise_case *c, const struct seen *s, long count)
{
	uint64_t address = c->address;
	int bad = 0;

	if (!strcmp(c->name, "pf_demand")) {
		address = demanded(c, s);
		if ((address - c->address) / 4096 >= (uint64_t)count)
			bad |= differs("page", s->address, c->address);
	}
	bad |= differs("type", s->type, c->type);
	bad |= differs("cpl", s->cpl, c->cpl);
	bad |= differs("has an error code", s->has_error, c->error >= 0);
	if (c->error >= 0 && s->has_error)
		bad |= differs("error", s->error, c->error);
	bad |= differs("has an address", s->has_address, c->has_address);
	if (c->has_address && s->has_address)
		bad |= differs("address", s->address, address);
	if (c->rip)
		bad |= differs("rip", s->rip, c->rip);
	else
		bad |= differs("rip in the kernel", s->rip >> 63, 1);
	return bad;
}

static int check_count(const struct raise_case *c, long have, long raises)
{
	long low = raises * c->records;
	long high = c->max_records ? raises * c->max_records : low;

	/* Between the two, but the same for every raise. */
	if (have >= low && have <= high && have % raises == 0)
		return 0;
	fprintf(stderr, "raise: %s: %ld records for %ld raises, not %ld\n",
		c->name, have, raises, low);
	return 1;
}

int raise_check(const char *name, long count, const char *file)
{
	const struct raise_case *c = raise_find(name);
	static char line[4096];
	long have = 0, lines = 0;
	int bad = 0;
	uint64_t lost;
	FILE *f;

	if (!c || count < 1) {
		fprintf(stderr, "raise: no case '%s'\n", name);
		return 2;
	}
	f = fopen(file, "r");
	if (!f) {
		perror(file);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		struct seen s = { 0 };

		if (field(line, "lost", &lost))
			bad |= differs("lost", lost, 0);
		if (!is_trap(line, &s))
			continue;
		lines++;
		if (ours(c, &s)) {
			bad |= compare(c, &s, count);
			have++;
		} else if (s.vector != 14 && s.vector < 0x20) {
			fprintf(stderr, "raise: stray: %s", line);
			bad = 1;
		}
	}
	fclose(f);
	/* A process cannot start without page faults: empty is no answer. */
	if (!lines && c->records) {
		fprintf(stderr, "raise: no record in %s\n", file);
		return 1;
	}
	return bad | check_count(c, have, count);
}
