// SPDX-License-Identifier: GPL-2.0
/*
 * settings. All of it, with its help and what TAB offers, derives from the table in
 * trapgate/settings.h; the command keeps what the table says is COMMAND's in struct
 * session, the module the others.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "session.h"

#define OWN(number, NAME, name, ...) \
static unsigned int *name##_of(struct session *s) \
{ \
	return &s->name; \
}
TG_SETTINGS(OWN, TG_NO_ROW, TG_NO_ROW)

#define WORD(word, value, meaning) { word, value, meaning },
#define WORDS(kind) ((const struct setting_word[]){ TG_KIND_##kind(WORD) { NULL, 0, NULL } })
#define SETTING(number, typed, kind, min, max, start, unit, help, of) \
	{ typed, number, WORDS(kind), min, max, start, unit, help, of },
#define OWN_SETTING(number, NAME, name, typed, kind, min, max, start, unit, help) \
	SETTING(number, typed, kind, min, max, start, unit, help, name##_of)
#define MODULE_SETTING(number, NAME, name, typed, kind, min, max, start, unit, help) \
	SETTING(number, typed, kind, min, max, start, unit, help, NULL)

const struct setting settings[] = {
	TG_SETTINGS(OWN_SETTING, MODULE_SETTING, MODULE_SETTING)
};
const unsigned int nr_settings = sizeof(settings) / sizeof(settings[0]);

const struct setting *setting_find(const char *name)
{
	for (unsigned int i = 0; i < nr_settings; i++)
		if (!strcasecmp(name, settings[i].name))
			return &settings[i];
	return NULL;
}

/* ---- words and numbers --------------------------------------------------------------- */

/* Appends "a", then "b" behind comma or last; i: which of nr. */
static void list_append(char *list, size_t size, const char *name, unsigned int i, unsigned int nr,
			const char *last)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", !i ? "" : i == nr - 1 ? last : ", ", name);
}

/* "on or off", "1 to 0n1000" */
static char *setting_range(const struct setting *set, const char *last, char *text, size_t size)
{
	unsigned int nr = 0;

	*text = '\0';
	while (set->words[nr].word)
		nr++;
	for (unsigned int i = 0; i < nr; i++)
		list_append(text, size, set->words[i].word, i, nr, last);
	if (!nr)
		snprintf(text, size, "%s%llu to 0n%llu", set->min > 9 ? "0n" : "",
			 (unsigned long long)set->min, (unsigned long long)set->max);
	return text;
}

static const struct setting_word *setting_word(const struct setting *set, __u64 value)
{
	const struct setting_word *w = set->words;

	while (w->word && w->value != value)
		w++;
	return w->word ? w : NULL;
}

static int setting_parse(const struct session *s, const struct setting *set, const char *text,
			 __u64 *value, struct tg_error *err)
{
	char range[64], both[48];

	setting_range(set, " or ", range, sizeof(range));
	for (const struct setting_word *w = set->words; w->word; w++) {
		*value = w->value;
		if (!strcasecmp(text, w->word))
			return 0;
	}
	if (set->words->word)
		return tg_error_set(err, -EINVAL, "%s '%s' is invalid: %s", set->name, text, range);
	if (tg_number_parse(text, s->radix, ~0ull, value))
		return tg_error_set(err, -EINVAL, "%s '%s' is not a number: %s", set->name, text,
				    range);
	if (*value < set->min || *value > set->max)
		return tg_error_set(err, -ERANGE, "%s %s is out of range: %s", set->name,
				    tg_format_both(*value, both, sizeof(both)), range);
	return 0;
}

/* ---- one setting ---------------------------------------------------------------------- */

static int setting_write(struct session *s, const struct setting *set, __u64 value,
			 struct tg_error *err)
{
	int rc;

	if (set->of) {
		*set->of(s) = (unsigned int)value;
		return 0;
	}
	rc = session_device(s, err);
	return rc ? rc : tg_dev_set(s->dev, set->number, value, err);
}

static int setting_read(struct session *s, const struct setting *set, __u64 *value,
			struct tg_error *err)
{
	int rc;

	if (set->of) {
		*value = *set->of(s);
		return 0;
	}
	rc = session_device(s, err);
	if (!rc)
		rc = tg_dev_get(s->dev, set->number, value, err);
	if (!rc && set->number == TG_SET_SWALLOW_LIMIT)
		s->swallow_limit = *value;
	return rc;
}

static void setting_text(struct session *s, const struct setting *set, __u64 value)
{
	const struct setting_word *w = setting_word(set, value);
	char both[48];

	if (!w)
		out_text(s, "%s %s\n", set->name, tg_format_both(value, both, sizeof(both)));
	else if (w->meaning)
		out_text(s, "%s %s (%s)\n", set->name, w->word, w->meaning);
	else
		out_text(s, "%s %s\n", set->name, w->word);
}

/* text: the new value, NULL: it is asked for. */
static int setting_run(struct session *s, const struct setting *set, const char *text,
		       struct tg_error *err)
{
	__u64 value;
	int rc = 0;

	if (text)
		rc = setting_parse(s, set, text, &value, err);
	if (!rc && text)
		rc = setting_write(s, set, value, err);
	if (!rc)
		rc = setting_read(s, set, &value, err);
	if (rc)
		return rc;
	if (s->json)
		out_json(s, json_pack("{s:s,s:s,s:I}", "type", "setting", "name", set->name,
				      "value", (json_int_t)value));
	else if (!text || !s->quiet)
		setting_text(s, set, value);
	return 0;
}

/* ---- the command ------------------------------------------------------------------------ */

static int setting_unknown(const char *name, struct tg_error *err)
{
	char list[512] = "";

	for (unsigned int i = 0; i < nr_settings; i++)
		list_append(list, sizeof(list), settings[i].name, i, nr_settings, " and ");
	return tg_error_set(err, -EINVAL, "unknown setting '%s': the settings are %s", name, list);
}

int cmd_settings(struct session *s, const struct tg_tokens *tokens, struct tg_error *err)
{
	const struct setting *set;
	int rc = 0;

	if (tokens->count > 3)
		return tg_error_set(err, -EINVAL,
				    "unknown parameter '%s': change one setting at a time",
				    tokens->token[3].text);
	if (tokens->count > 1) {
		set = setting_find(tokens->token[1].text);
		if (!set)
			return setting_unknown(tokens->token[1].text, err);
		return setting_run(s, set, tokens->count > 2 ? tokens->token[2].text : NULL, err);
	}
	for (unsigned int i = 0; !rc && i < nr_settings; i++)
		rc = setting_run(s, &settings[i], NULL, err);
	return rc;
}

void settings_help(struct session *s)
{
	char range[64], start[32];

	out_text(s, "\nSettings:\n");
	for (unsigned int i = 0; i < nr_settings; i++) {
		const struct setting *set = &settings[i];
		const struct setting_word *w = setting_word(set, set->start);

		snprintf(start, sizeof(start), "0n%llu", (unsigned long long)set->start);
		out_text(s, "  %s: %s%s%s, %s at the start\n      %s\n", set->name,
			 setting_range(set, "|", range, sizeof(range)), *set->unit ? " " : "",
			 set->unit, w ? w->word : start, set->help);
	}
}
