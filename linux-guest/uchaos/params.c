// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's parameters: what the engine can be told, by the names of the job grammar, with the engine's own
 * defaults and ranges. A value that it does not allow is an error with its reason in dmesg, never replaced.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "uchaos.h"

/* The members of struct uchaos_params, in their order. */
enum { TURNS, INIT_TURNS, MIN_DELTA, WORKLOAD, CLAIM, HEALTH, PARAMS };

static char *given[PARAMS];	/* NULL: the engine's default */

module_param_named(turns, given[TURNS], charp, 0444);
MODULE_PARM_DESC(turns, "samples for each 64-bit word of the stream");
module_param_named(init_turns, given[INIT_TURNS], charp, 0444);
MODULE_PARM_DESC(init_turns, "samples before the first word");
module_param_named(min_delta, given[MIN_DELTA], charp, 0444);
MODULE_PARM_DESC(min_delta, "smallest delta that counts as a sample, in ticks");
module_param_named(workload, given[WORKLOAD], charp, 0444);
MODULE_PARM_DESC(workload, "what a sample times: pause, memory, hash or combined");
module_param_named(claim, given[CLAIM], charp, 0444);
MODULE_PARM_DESC(claim, "claimed min-entropy of a sample, in 1/1000 bit");
module_param_named(health, given[HEALTH], charp, 0444);
MODULE_PARM_DESC(health, "what a failed health test does: enforce (the stream ends) or observe (it is counted)");

static const char *const names[PARAMS] = { "turns", "init_turns", "min_delta", "workload", "claim", "health" };

/* The words of the grammar for the parameters that have words, by number. */
static const char *const workloads[] = { "pause", "memory", "hash", "combined", NULL };
static const char *const healths[] = { "observe", "enforce", NULL };

static bool find_word(const char *const *words, const char *text, u32 *value)
{
	for (*value = 0; words[*value]; ++*value)
		if (!strcmp(words[*value], text))
			return true;
	return false;
}

static bool parse(unsigned int which, const char *text, u32 *value)
{
	if (which == WORKLOAD)
		return find_word(workloads, text, value);
	if (which == HEALTH)
		return find_word(healths, text, value);
	return !kstrtou32(text, 10, value);
}

/* Reads what was given over the engine's defaults, and lets the engine judge it. */
int uchaos_params_read(struct uchaos_params *params)
{
	u32 *values = (u32 *)params;
	u32 which;

	BUILD_BUG_ON(sizeof(*params) != PARAMS * sizeof(u32));
	uchaos_default_params(params);
	for (which = 0; which < PARAMS; which++)
		if (given[which] && !parse(which, given[which], &values[which]))
			break;
	if (which == PARAMS && !uchaos_check_params(params, &which))
		return 0;
	pr_err("%s=%s is not allowed: it can be %s\n", names[which], given[which] ?: "", uchaos_param_allowed(which));
	return -EINVAL;
}

const char *uchaos_workload(void)
{
	return workloads[uchaos.params.workload];
}

const char *uchaos_health_mode(void)
{
	return healths[uchaos.params.enforce];
}
