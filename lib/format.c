// SPDX-License-Identifier: GPL-2.0
/* Records, notes, events and injections as text: one line each, columns as in doc/command.md. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trapgate.h"

struct text {
	char *buf;
	size_t size, used;
};

static struct text text_start(char *buf, size_t size)
{
	if (size)
		buf[0] = '\0';
	return (struct text){ .buf = buf, .size = size };
}

__attribute__((format(printf, 2, 3)))
static void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->used >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->used += (size_t)n;
}

/* A word, with a blank before it unless it is the first. */
static void text_word(struct text *t, const char *word)
{
	text_add(t, "%s%s", t->used ? " " : "", word);
}

char *tg_format_both(__u64 value, char *buf, size_t size)
{
	snprintf(buf, size, "0x%llx (%llu)", (unsigned long long)value, (unsigned long long)value);
	return buf;
}

char *tg_format_number(__u64 value, char *buf, size_t size)
{
	snprintf(buf, size, value < 10 ? "%llx" : "0x%llx", (unsigned long long)value);
	return buf;
}

char *tg_format_vector(unsigned int vector, char *buf, size_t size)
{
	const struct tg_vector *v = tg_vector_find(vector);

	snprintf(buf, size, "%02x%s%s", vector, v ? " " : "", v ? v->mnemonic : "");
	return buf;
}

char *tg_format_printable(const char *text, size_t max, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < max && i + 1 < size && text[i]; i++)
		buf[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
	buf[i] = '\0';
	return buf;
}

const char *tg_format_verdict(__u8 verdict)
{
	return verdict == TG_SWALLOWED ? "swallowed" :
	       verdict == TG_DELIVERED ? "delivered" : "unknown";
}

const char *tg_format_stage(__u32 stage)
{
	return stage == TG_STAGE_POST ? "post" : stage == TG_STAGE_ALL ? "all" : "pre";
}

const char *tg_format_type(__u8 type)
{
#define TYPE_WORD(name, number, word) [number] = word,
	static const char *const names[] = { TG_TRAP_TYPES(TYPE_WORD) };

	if (type >= sizeof(names) / sizeof(names[0]) || !names[type])
		return "unknown";
	return names[type];
}

const char *tg_format_off_reason(__u32 off_reason)
{
	static const char *const names[] = {
		[TG_OFF_NONE] = "", [TG_OFF_USER] = "",
		[TG_OFF_SWALLOW_FAULT] = "swallow limit: the same fault at one RIP",
		[TG_OFF_SWALLOW_STORM] = "swallow limit: a storm of one interrupt",
		[TG_OFF_SWALLOW_STALL] = "a CPU got no interrupt for too long",
		[TG_OFF_SCRIPT_ERRORS] = "its scripts failed too often",
		[TG_OFF_SCRIPT] = "by a script",
	};

	if (off_reason >= sizeof(names) / sizeof(names[0]) || !names[off_reason])
		return "by the hypervisor";
	return names[off_reason];
}

/* ---- error codes ----------------------------------------------------------- */

struct bit {
	__u32 bit;
	const char *name;
};

static void text_bits(struct text *t, const struct bit *bits, __u64 value)
{
	char rest[24];

	for (; bits->bit; bits++) {
		if (value & bits->bit)
			text_word(t, bits->name);
		value &= ~(__u64)bits->bit;
	}
	if (value) {
		snprintf(rest, sizeof(rest), "+0x%llx", (unsigned long long)value);
		text_word(t, rest);
	}
}

/* SDM 3A "Page-Fault Exceptions"; bit 31 is AMD's RMP check. */
static void format_page_fault(struct text *t, __u32 error)
{
	static const struct bit more[] = {
		{ 1u << 3, "rsvd" }, { 1u << 5, "pk" }, { 1u << 6, "shstk" },
		{ 1u << 7, "hlat" }, { 1u << 15, "sgx" }, { 1u << 31, "rmp" }, { }
	};

	text_word(t, error & 4 ? "user" : "kernel");
	text_word(t, error & 16 ? "exec" : error & 2 ? "write" : "read");
	text_word(t, error & 1 ? "protection" : "not-present");
	text_bits(t, more, error & ~(1u | 2u | 4u | 16u));
}

/* SDM 3A "Error Code": external, IDT, TI and an index. */
static void format_selector(struct text *t, __u32 error)
{
	if (!error)
		return;
	if (error & 2)
		text_add(t, "idt vector 0x%x", (error >> 3) & 0x1fff);
	else
		text_add(t, "%s selector 0x%x", error & 4 ? "ldt" : "gdt", error & 0xfff8);
	if (error & 1)
		text_word(t, "ext");
	if (error >> 16)
		text_add(t, " +0x%x", error & 0xffff0000u);
}

/* SDM 3A "Control Protection Exception". */
static void format_control(struct text *t, __u32 error)
{
	static const char *const names[] = {
		NULL, "near-ret", "far-ret-iret", "endbranch", "rstorssp", "setssbsy"
	};
	unsigned int kind = error & 0x7fff;

	if (kind && kind < sizeof(names) / sizeof(names[0]))
		text_word(t, names[kind]);
	if (error & 0x8000)
		text_word(t, "enclave");
}

char *tg_format_error(unsigned int vector, __u32 error, char *buf, size_t size)
{
	struct text t = text_start(buf, size);

	if (vector == TG_VEC_PF)
		format_page_fault(&t, error);
	else if (vector >= TG_VEC_TS && vector <= TG_VEC_GP)
		format_selector(&t, error);
	else if (vector == TG_VEC_CP)
		format_control(&t, error);
	return buf;
}

char *tg_format_dr6(__u64 dr6, char *buf, size_t size)
{
	static const struct bit bits[] = {
		{ 1u << 0, "bp0" }, { 1u << 1, "bp1" }, { 1u << 2, "bp2" }, { 1u << 3, "bp3" },
		{ 1u << 11, "bus-lock" }, { 1u << 13, "debug-register" },
		{ 1u << 14, "single-step" }, { 1u << 15, "task-switch" }, { 1u << 16, "rtm" }, { }
	};
	struct text t = text_start(buf, size);

	text_bits(&t, bits, dr6);
	return buf;
}

/* ---- trace lines -------------------------------------------------------------- */

static void format_details(struct text *t, const struct tg_record *rec)
{
	char word[96];

	if (rec->type == TG_TYPE_INT_N || rec->type == TG_TYPE_INT1)
		text_add(t, " by %s", tg_format_type(rec->type));
	if (rec->flags & TG_RECF_ERROR) {
		tg_format_error(rec->vector, rec->error, word, sizeof(word));
		text_add(t, " error 0x%x%s%s", rec->error, *word ? " " : "", word);
	}
	if ((rec->flags & TG_RECF_ADDRESS) && rec->vector == TG_VEC_DB) {
		tg_format_dr6(rec->address, word, sizeof(word));
		text_add(t, " dr6 0x%llx%s%s", (unsigned long long)rec->address, *word ? " " : "",
			 word);
	} else if (rec->flags & TG_RECF_ADDRESS) {
		text_add(t, " address 0x%016llx", (unsigned long long)rec->address);
	}
	if (rec->flags & TG_RECF_NESTED) {
		tg_format_vector(rec->first_vector, word, sizeof(word));
		text_add(t, ", while %s was delivered", word);
	}
	if (rec->flags & TG_RECF_DROPPED)
		text_add(t, ", which is not replayed");
	if (rec->flags & TG_RECF_DOUBLE)
		text_add(t, ", the guest gets 08 #DF instead");
	if (rec->stage == TG_STAGE_POST)
		text_add(t, ", post");
}

char *tg_format_record(const struct tg_record *rec, const struct tg_clock *clock, char *buf,
		       size_t size)
{
	struct text t = text_start(buf, size);
	__u64 us = tg_clock_ns(clock, rec->tsc) / 1000;
	char comm[TG_COMM_LEN], ids[24], vector[16], number[24];

	snprintf(ids, sizeof(ids), "%u/%u", rec->pid, rec->tid);
	text_add(&t, "%5llu.%06llu %3u %-15s %-15s %3s %-6s rip 0x%016llx cpl %u %-9s",
		 (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000), rec->cpu,
		 ids, tg_format_printable(rec->comm, sizeof(rec->comm), comm, sizeof(comm)),
		 tg_format_number(rec->event, number, sizeof(number)),
		 tg_format_vector(rec->vector, vector, sizeof(vector)),
		 (unsigned long long)rec->rip, rec->cpl, tg_format_verdict(rec->verdict));
	format_details(&t, rec);
	return buf;
}

char *tg_format_note(const struct tg_record *rec, __u64 swallow_limit, char *buf, size_t size)
{
	char number[24], vector[16];
	struct text t = text_start(buf, size);

	text_add(&t, "event %s", tg_format_number(rec->event, number, sizeof(number)));
	tg_format_vector(rec->vector, vector, sizeof(vector));
	switch (rec->note) {
	case TG_NOTE_SWALLOW_FAULT:
		text_add(&t,
			 " disabled: it swallowed %s at rip 0x%016llx %llu times in a row "
			 "(settings swallow-limit)",
			 vector, (unsigned long long)rec->rip, (unsigned long long)swallow_limit);
		break;
	case TG_NOTE_SWALLOW_STORM:
		text_add(&t,
			 " disabled: it swallowed a storm of interrupt %s on CPU %u (settings "
			 "swallow-limit)",
			 vector, rec->cpu);
		break;
	case TG_NOTE_SWALLOW_STALL:
		text_add(&t,
			 " disabled: CPU %u got no interrupt for too long while this event "
			 "swallowed %s",
			 rec->cpu, vector);
		break;
	case TG_NOTE_SCRIPT_ERRORS:
		text_add(&t, " disabled: its scripts failed %u times (settings script-errors)",
			 rec->error);
		break;
	case TG_NOTE_FLUSH:
		text_add(&t, ": flush() in its script dropped %u records that nobody had read",
			 rec->error);
		break;
	case TG_NOTE_NOT_SWALLOWED:
		text_add(&t,
			 ": interrupt %s on CPU %u was delivered, not swallowed: the local APIC "
			 "does not have it in service",
			 vector, rec->cpu);
		break;
	case TG_NOTE_POST_UNSEEN:
		text_add(&t,
			 ": %s on CPU %u was delivered, but its post stage could not be seen there",
			 vector, rec->cpu);
		break;
	default:
		text_add(&t,
			 ": this version of the command does not know note %u of the hypervisor",
			 rec->note);
	}
	return buf;
}

/* ---- events ---------------------------------------------------------------------- */

char *tg_format_event(const struct tg_event_spec *spec, __u32 flags, char *buf, size_t size)
{
	const struct tg_event_type_row *type = tg_event_type_find(spec->type);
	const struct tg_vector *v = tg_vector_find(spec->vector);
	struct text t = text_start(buf, size);
	char word[48];

	text_add(&t, "%s ", tg_command_name(spec->type));
	if (spec->vector == TG_ALL)
		text_add(&t, "all (0x%x-0x%x)", type ? type->first : 0, type ? type->last : 0);
	else
		text_add(&t, "%s", tg_format_both(spec->vector, word, sizeof(word)));
	if (spec->vector != TG_ALL && v)
		text_add(&t, " %s", v->mnemonic);
	if (flags & TG_EV_PID)
		text_add(&t, " pid %s%s", tg_format_both(spec->pid, word, sizeof(word)),
			 flags & TG_EV_FOLLOW ? " and children" : "");
	else if (flags & TG_EV_COMM)
		text_add(&t, " pid name:%s", tg_format_printable(spec->comm, sizeof(spec->comm),
								 word, sizeof(word)));
	else
		text_add(&t, " pid all");
	if (spec->core == TG_ALL)
		text_add(&t, " core all");
	else
		text_add(&t, " core %s", tg_format_both(spec->core, word, sizeof(word)));
	text_add(&t, " sc %s stage %s%s%s", flags & TG_EV_SWALLOW ? "on" : "off",
		 tg_format_stage(spec->stage),
		 flags & TG_EV_IMMEDIATE ? " imm yes" : "", flags & TG_EV_FORCE ? " force" : "");
	return buf;
}

/* ---- injections ------------------------------------------------------------------- */

char *tg_format_inject(const struct tg_inject_spec *s, char *buf, size_t size)
{
	const struct tg_vector *v = tg_vector_find(s->vector);
	struct text t = text_start(buf, size);
	char word[48];

	text_add(&t, "%s %s", tg_format_type((__u8)s->type),
		 tg_format_both(s->vector, word, sizeof(word)));
	if (v)
		text_add(&t, " %s", v->mnemonic);
	if (s->flags & TG_INJECT_F_ERROR)
		text_add(&t, " error 0x%x", s->error);
	if (s->flags & TG_INJECT_F_PID)
		text_add(&t, " pid %s", tg_format_both(s->pid, word, sizeof(word)));
	return buf;
}
