// SPDX-License-Identifier: GPL-2.0
/* load, unload, status and stats. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "session.h"

/* load and unload take one word, vmm. */
static int vmm_argument(const struct tg_tokens *tokens, struct tg_error *err)
{
	const char *command = tokens->token[0].text;

	if (tokens->count == 1)
		return tg_error_set(err, -EINVAL, "please specify what to %s: %s vmm", command,
				    command);
	if (strcasecmp(tokens->token[1].text, "vmm"))
		return tg_error_set(err, -EINVAL, "cannot %s '%s': only vmm is possible", command,
				    tokens->token[1].text);
	if (tokens->count > 2)
		return tg_error_set(err, -EINVAL, "unknown parameter '%s': usage: %s vmm",
				    tokens->token[2].text, command);
	return 0;
}

/* load and unload begin with it. */
static int vmm_device(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	int rc = vmm_argument(tokens, err);

	return rc ? rc : session_device(s, err);
}

/* status and stats begin with it: they take no argument. */
static int device_info(struct session *s, const struct tg_tokens *tokens, struct tg_info *info,
		       struct tg_error *err)
{
	int rc = command_no_parameters(tokens, err);

	if (!rc)
		rc = session_device(s, err);
	return rc ? rc : tg_dev_info(s->dev, info, err);
}

static int vmm_report(struct session *s, const char *verb, struct tg_error *err)
{
	struct tg_info info;
	int rc = tg_dev_info(s->dev, &info, err);

	if (rc)
		return rc;
	out_message(s, "hypervisor",
		    json_pack("{s:b,s:s,s:i}", "loaded", info.state == TG_STATE_LOADED, "backend",
			      info.backend, "virtualised_cpus", (int)info.virtualised_cpus),
		    "the hypervisor is %s: %s%s%u of %u CPUs virtualised", verb, info.backend,
		    *info.backend ? ", " : "", info.virtualised_cpus, info.online_cpus);
	return 0;
}

int cmd_load(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	int rc = vmm_device(s, tokens, err);
	bool already;

	if (rc)
		return rc;
	rc = tg_dev_load(s->dev, err);
	already = rc == -EALREADY;
	if (rc && !already)
		return rc;
	s->autoload = false;
	return vmm_report(s, already ? "loaded already" : "loaded", err);
}

int cmd_unload(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	int rc = vmm_device(s, tokens, err);

	if (rc)
		return rc;
	session_settle(s);
	session_report_lost(s);
	rc = tg_dev_unload(s->dev, err);
	if (rc)
		return rc;
	session_pump(s, true);
	return vmm_report(s, "unloaded", err);
}

/* ---- status ------------------------------------------------------------------- */

static void status_json(struct session *s, const struct tg_info *info)
{
	json_t *object = json_object();
	bool loaded = info->state == TG_STATE_LOADED;

	json_object_set_new(object, "type", json_string("status"));
	json_object_set_new(object, "loaded", json_boolean(loaded));
	json_object_set_new(object, "backend", json_text(info->backend));
	json_object_set_new(object, "virtualised_cpus", json_integer(info->virtualised_cpus));
	json_object_set_new(object, "online_cpus", json_integer(info->online_cpus));
	json_object_set_new(object, "possible_cpus", json_integer(info->nr_cpus));
	json_object_set_new(object, "events", json_integer(info->nr_events));
	json_object_set_new(object, "users", json_integer(info->nr_users));
	json_object_set_new(object, "tsc_khz", json_integer(info->tsc_khz));
	json_object_set_new(object, "root_bytes_per_cpu",
			    json_integer((json_int_t)info->root_bytes_per_cpu));
	json_object_set_new(object, "ring_bytes_per_cpu",
			    json_integer((json_int_t)tg_ring_bytes(s->dev)));
	json_object_set_new(object, "swallow_limit", json_integer((json_int_t)info->swallow_limit));
	json_object_set_new(object, "module_version", json_text(info->module_version));
	json_object_set_new(object, "version", json_string(TRAPGATE_VERSION));
	json_object_set_new(object, "refused", json_text(loaded ? "" : info->reason));
	out_json(s, object);
}

static void status_text(struct session *s, const struct tg_info *info)
{
	bool loaded = info->state == TG_STATE_LOADED;

	out_text(s, "local debugging, the hypervisor is %s\n", loaded ? "loaded" : "not loaded");
	if (!loaded && *info->reason)
		out_text(s, "load vmm fails   %s\n", info->reason);
	out_text(s, "processor        %s\n",
		 *info->backend ? info->backend : "without VT-x and AMD-V");
	out_text(s, "CPUs             %u virtualised, %u online, %u possible\n",
		 info->virtualised_cpus, info->online_cpus, info->nr_cpus);
	out_text(s, "events           %u\n", info->nr_events);
	out_text(s, "users            %u\n", info->nr_users);
	out_text(s, "TSC              %u.%03u MHz\n", info->tsc_khz / 1000, info->tsc_khz % 1000);
	out_text(s, "memory per CPU   %llu KiB",
		 (unsigned long long)((info->root_bytes_per_cpu + 1023) / 1024));
	if (tg_ring_ready(s->dev))
		out_text(s, ", and %llu KiB ring of this session",
			 (unsigned long long)tg_ring_bytes(s->dev) / 1024);
	out_text(s, "\nversion          %s, module %s\n", TRAPGATE_VERSION, info->module_version);
}

int cmd_status(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	struct tg_info info;
	int rc = device_info(s, tokens, &info, err);

	if (rc)
		return rc;
	if (s->json)
		status_json(s, &info);
	else
		status_text(s, &info);
	return 0;
}

/* ---- stats ------------------------------------------------------------------------ */

static void stats_json(struct session *s, const struct tg_stats *st)
{
	json_t *object = json_object();

	json_object_set_new(object, "type", json_string("stats"));
	json_object_set_new(object, "cpu", json_integer(st->cpu));
	json_object_set_new(object, "virtualised", json_boolean(st->virtualised));
#define STATS_JSON(member, column) \
	json_object_set_new(object, #member, json_integer((json_int_t)st->member));
	TG_STATS(STATS_JSON, STATS_JSON)
	out_json(s, object);
}

static void stats_text(struct session *s, const struct tg_stats *st)
{
	out_text(s, "%3u %-4s", st->cpu, st->virtualised ? "yes" : "no");
#define STATS_TEXT(member, column) out_text(s, " %10llu", (unsigned long long)st->member);
	TG_STATS(STATS_TEXT, STATS_TEXT)
	out_text(s, "\n");
}

int cmd_stats(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	struct tg_info info;
	struct tg_stats st;
	int rc = device_info(s, tokens, &info, err);

	if (rc)
		return rc;
	out_text(s, "CPU virt");
#define STATS_HEAD(member, column) out_text(s, " %10s", column);
	TG_STATS(STATS_HEAD, STATS_HEAD)
	out_text(s, "\n");
	for (__u32 cpu = 0; cpu < info.nr_cpus; cpu++) {
		rc = tg_dev_stats(s->dev, cpu, &st, err);
		if (rc == -ENXIO)
			continue;
		if (rc)
			return rc;
		if (s->json)
			stats_json(s, &st);
		else
			stats_text(s, &st);
	}
	return 0;
}
