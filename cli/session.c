// SPDX-License-Identifier: GPL-2.0
/*
 * The device, the record reader and every wait of the command. Signals come
 * through a signalfd, so that nothing is interrupted in the middle.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scripts.h"
#include "session.h"

#define BATCH		256
#define IDLE_MS		20	/* rings are looked at this often without a wake-up */
#define HELD_MS		1
#define PUMP_BATCHES	64	/* then look for signals, even in a storm */

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

__u64 session_now_ms(void)
{
	return now_ns() / 1000000;
}

static void session_announce(struct session *s, const struct tg_info *info)
{
	char real[24];
	json_t *object;

	if (!s->json)
		return;
	snprintf(real, sizeof(real), "%llu", (unsigned long long)info->realtime_ns);
	object = json_object();
	json_object_set_new(object, "type", json_string("session"));
	json_object_set_new(object, "format", json_integer(2));
	json_object_set_new(object, "version", json_string(TRAPGATE_VERSION));
	json_object_set_new(object, "module_version", json_text(info->module_version));
	json_object_set_new(object, "backend", json_text(info->backend));
	json_object_set_new(object, "realtime_ns", json_string(real));
	json_object_set_new(object, "tsc", json_address(info->tsc));
	json_object_set_new(object, "tsc_khz", json_integer(info->tsc_khz));
	out_json_trace(s, object);
}

int session_device(struct session *s, struct tg_error *err)
{
	struct tg_info info;
	int rc;

	if (s->dev)
		return 0;
	rc = tg_dev_open(s->sys, &s->dev, err);
	if (rc)
		return rc;
	rc = tg_dev_info(s->dev, &info, err);
	if (rc)
		return rc;
	tg_clock_start(&s->clock, &info);
	s->swallow_limit = info.swallow_limit;
	session_announce(s, &info);
	return 0;
}

int session_ready(struct session *s, struct tg_error *err)
{
	int rc = session_device(s, err);

	if (rc)
		return rc;
	if (s->autoload) {
		rc = tg_dev_load(s->dev, err);
		if (rc && rc != -EALREADY)
			return rc;
		s->autoload = false;
	}
	if (!tg_ring_ready(s->dev))
		rc = tg_ring_open(s->dev, s->ring_bytes, err);
	else
		rc = 0;
	return rc;
}

void session_close(struct session *s)
{
	tg_dev_close(s->dev);
	s->dev = NULL;
	scripts_free(s);
	out_texts_free(s);
	eval_free(s);
	free(s->lost);
	s->lost = NULL;
	s->nr_lost = 0;
}

/* ---- records --------------------------------------------------------------------- */

void session_pump(struct session *s, bool all)
{
	struct tg_record batch[BATCH];
	int count, batches = 0;

	if (!s->dev || !tg_ring_ready(s->dev))
		return;
	do {
		count = tg_ring_read(s->dev, batch, BATCH, all ? TG_READ_ALL : 0, &s->held);
		if (count && s->before_output)
			s->before_output(s);
		for (int i = 0; i < count; i++)
			out_record(s, &batch[i]);
		s->records += (__u64)count;
		if (tg_ring_lost(s->dev) != s->lost_total &&
		    now_ns() - s->lost_reported_ns > 1000000000ull)
			session_report_lost(s);
		if (count)
			out_flush(s);
	} while (count == BATCH && !out_failed(s) && (all || ++batches < PUMP_BATCHES));
}

void session_settle(struct session *s)
{
	struct timespec margin = { .tv_nsec = 2000000 };

	if (!s->dev || !tg_ring_ready(s->dev))
		return;
	nanosleep(&margin, NULL);
	session_pump(s, false);
}

static void lost_print(struct session *s, const struct tg_event_query *q, __u64 count)
{
	__u64 kib = tg_ring_bytes(s->dev) * 4 / 1024;
	char line[256], number[24], advice[64] = "hook fewer events";

	if (kib * 1024 <= TG_RING_MAX)
		snprintf(advice, sizeof(advice), "make the rings larger with --ring %llu%s",
			 (unsigned long long)(kib >= 1024 ? kib / 1024 : kib),
			 kib >= 1024 ? "M" : "K");
	snprintf(line, sizeof(line), "%llu records lost by event %s: the reader was too slow; %s",
		 (unsigned long long)count, tg_format_number(q->number, number, sizeof(number)),
		 advice);
	if (s->before_output)
		s->before_output(s);
	if (s->json) {
		json_t *object = json_object();

		json_object_set_new(object, "type", json_string("lost"));
		json_object_set_new(object, "event", json_integer(q->number));
		json_object_set_new(object, "count", json_integer((json_int_t)count));
		json_object_set_new(object, "total", json_integer((json_int_t)q->lost));
		json_object_set_new(object, "text", json_string(line));
		out_json_trace(s, object);
	} else {
		out_text_trace(s, line);
	}
}

/* Room for what was reported of this event; NULL without memory. */
static struct lost_seen *lost_find(struct session *s, __u32 number)
{
	struct lost_seen *more;

	for (unsigned int i = 0; i < s->nr_lost; i++)
		if (s->lost[i].number == number)
			return &s->lost[i];
	more = realloc(s->lost, (s->nr_lost + 1) * sizeof(*more));
	if (!more)
		return NULL;
	s->lost = more;
	more[s->nr_lost] = (struct lost_seen){ .number = number };
	return &more[s->nr_lost++];
}

void session_report_lost(struct session *s)
{
	struct tg_event_query q;
	__u64 total;

	if (!s->dev || !tg_ring_ready(s->dev))
		return;
	total = tg_ring_lost(s->dev);
	if (total == s->lost_total)
		return;
	s->lost_total = total;
	s->lost_reported_ns = now_ns();
	for (__u32 n = 0; !tg_dev_event_next(s->dev, n, &q, NULL); n = q.number + 1) {
		struct lost_seen *seen;

		if (!q.mine || !q.lost)
			continue;
		seen = lost_find(s, q.number);
		if (!seen || seen->lost == q.lost)
			continue;
		lost_print(s, &q, q.lost - seen->lost);
		seen->lost = q.lost;
	}
}

bool session_has_events(struct session *s)
{
	struct tg_event_query q;

	if (!s->dev)
		return false;
	for (__u32 n = 0; !tg_dev_event_next(s->dev, n, &q, NULL); n = q.number + 1)
		if (q.mine)
			return true;
	return false;
}

void session_summary(struct session *s)
{
	char number[24], errors[40] = "";
	struct tg_event_query q;

	if (s->quiet || !s->dev)
		return;
	for (__u32 n = 0; !tg_dev_event_next(s->dev, n, &q, NULL); n = q.number + 1) {
		json_t *fields;

		if (!q.mine)
			continue;
		*errors = '\0';
		if (q.script_errors)
			snprintf(errors, sizeof(errors), ", %u script errors", q.script_errors);
		fields =
			json_pack("{s:I,s:I,s:I,s:I,s:I}", "event", (json_int_t)q.number, "hits",
				  (json_int_t)q.hits, "swallowed", (json_int_t)q.swallowed, "lost",
				  (json_int_t)q.lost, "script_errors", (json_int_t)q.script_errors);
		out_message(s, "summary", fields,
			    "event %s: %llu hits, %llu swallowed, %llu lost%s: %s",
			    tg_format_number(q.number, number, sizeof(number)),
			    (unsigned long long)q.hits, (unsigned long long)q.swallowed,
			    (unsigned long long)q.lost, errors, q.spec.command);
	}
}

void session_finish(struct session *s, bool summary)
{
	struct tg_event_query q;

	if (!s->dev || !tg_ring_ready(s->dev))
		return;
	for (__u32 n = 0; !tg_dev_event_next(s->dev, n, &q, NULL); n = q.number + 1)
		if (q.mine && !(q.flags & TG_EV_DISABLED))
			tg_dev_event_modify(s->dev, q.number, TG_OP_DISABLE, NULL);
	session_pump(s, true);
	session_report_lost(s);
	if (summary)
		session_summary(s);
	out_flush(s);
}

/* ---- waiting ---------------------------------------------------------------------- */

int session_wait(struct session *s, int timeout_ms, int fd, bool *ready,
		 struct signalfd_siginfo *info)
{
	bool rings = s->dev && tg_ring_ready(s->dev);
	struct signalfd_siginfo si;
	struct pollfd fds[3] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		/* Held records keep the device readable: do not spin on it. */
		{ .fd = rings && !s->held ? tg_dev_fd(s->dev) : -1, .events = POLLIN },
	};
	int most = s->held ? HELD_MS : IDLE_MS;

	if (rings && (timeout_ms < 0 || timeout_ms > most))
		timeout_ms = most;
	if (poll(fds, 3, timeout_ms) < 0 && errno != EINTR)
		return 0;
	session_pump(s, false);
	if (ready)
		*ready = fds[1].revents;
	if (!fds[0].revents || read(s->signal_fd, &si, sizeof(si)) != sizeof(si))
		return 0;
	if (info)
		*info = si;
	return (int)si.ssi_signo;
}

void session_run(struct session *s, __u64 ms, __u64 count)
{
	__u64 end = ms == SESSION_FOREVER ? ms : session_now_ms() + ms;
	__u64 last = s->records > SESSION_FOREVER - count ? SESSION_FOREVER : s->records + count;

	out_flush(s);
	while (!s->quit && !s->interrupted && s->records < last && !out_failed(s)) {
		__u64 now = session_now_ms();
		__u64 left = end == SESSION_FOREVER ? 1000 : end > now ? end - now : 0;
		int signal;

		if (!left)
			break;
		signal = session_wait(s, left > 1000 ? 1000 : (int)left, -1, NULL, NULL);
		if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT)
			s->interrupted = true;
		s->quit |= s->interrupted && signal != SIGINT;
	}
}
