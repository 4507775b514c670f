// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's parameters: those of the engine, by the names of the job grammar, with the engine's defaults and ranges. A
 * value that the engine does not allow is an error with its reason in dmesg, never replaced.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "uchaos.h"
#include "vocabulary.h"

/* The members of struct uchaos_params, in their order. */
enum {
#define INDEX(key, ...) INDEX_##key,
	UCHAOS_PARAMETERS(INDEX, INDEX)
	PARAMS
};

static char *given[PARAMS];	/* NULL: the engine's default */

#define DECLARE_WORD(key, words, text)                                                                                 \
	module_param_named(key, given[INDEX_##key], charp, 0444);                                                      \
	MODULE_PARM_DESC(key, text);                                                                                   \
	static const char *const words_of_##key[] = words;
#define DECLARE_NUMBER(key, report_key, text)                                                                          \
	module_param_named(key, given[INDEX_##key], charp, 0444);                                                      \
	MODULE_PARM_DESC(key, text);
UCHAOS_PARAMETERS(DECLARE_WORD, DECLARE_NUMBER)

static const struct {
	const char *report_key;
	const char *const *words;	/* NULL: a number */
} parameters[PARAMS] = {
#define DESCRIBE_WORD(key, words, text) { #key, words_of_##key },
#define DESCRIBE_NUMBER(key, report_key, text) { #report_key, NULL },
	UCHAOS_PARAMETERS(DESCRIBE_WORD, DESCRIBE_NUMBER)
};

static bool parse(u32 which, const char *text, u32 *value)
{
	const char *const *words = parameters[which].words;

	if (!words)
		return !kstrtou32(text, 10, value);
	for (*value = 0; words[*value]; ++*value)
		if (!strcmp(words[*value], text))
			return true;
	return false;
}

/* Reads what was given over the engine's defaults, and has the engine check it. */
int uchaos_params_read(struct uchaos_params *params)
{
	u32 *values = (u32 *)params;
	u32 which;

	BUILD_BUG_ON(sizeof(*params) != PARAMS * sizeof(u32));
	uchaos_default_params(params);
	for (which = 0; which < PARAMS; which++)
		if (given[which] && !parse(which, given[which], &values[which]))
			break;
	if (which == PARAMS && !uchaos_check_params(params, &which)) {
		/* The engine would look at the clock's ports to find out, and they are the kernel's. */
		if (params->workload != UCHAOS_RTC)
			return 0;
		pr_err("workload=rtc needs the machine without an operating system: run it on bare metal\n");
		return -EINVAL;
	}
	pr_err("%s=%s is not allowed: it must be %s\n", uchaos_param_name(which), given[which] ?: "",
	       uchaos_param_allowed(which));
	return -EINVAL;
}

/* Writes key=value for each parameter in force, each followed by `end`. */
void uchaos_params_write(char *text, size_t size, char end)
{
	const u32 *values = (const u32 *)&uchaos.params;
	size_t len = 0;
	u32 which;

	for (which = 0; which < PARAMS; which++) {
		const char *key = parameters[which].report_key;
		const char *const *words = parameters[which].words;

		if (words)
			len += scnprintf(text + len, size - len, "%s=%s%c", key, words[values[which]], end);
		else
			len += scnprintf(text + len, size - len, "%s=%u%c", key, values[which], end);
	}
}
