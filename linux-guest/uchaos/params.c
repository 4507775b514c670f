// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's parameters: those of the engine, by the names of the job grammar, with the engine's
 * defaults and ranges. A value that the engine does not allow is an error with its reason in dmesg,
 * never replaced. In /sys/module/uchaos/parameters each reads back as the value in force, whether
 * it was given or not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
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

static int read_back(char *text, const struct kernel_param *param);

static const struct kernel_param_ops engine_param = {
	.set = param_set_charp,
	.get = read_back,
	.free = param_free_charp,
};

#define DECLARE(key, text)							\
	module_param_cb(key, &engine_param, &given[INDEX_##key], 0444);		\
	__MODULE_PARM_TYPE(key, "charp");					\
	MODULE_PARM_DESC(key, text);
#define DECLARE_WORD(key, words, text)						\
	DECLARE(key, text)							\
	static const char *const words_of_##key[] = words;
#define DECLARE_NUMBER(key, report_key, text) DECLARE(key, text)
UCHAOS_PARAMETERS(DECLARE_WORD, DECLARE_NUMBER)

static const struct {
	const char *report_key;
	const char *const *words;	/* NULL: a number */
} parameters[PARAMS] = {
#define DESCRIBE_WORD(key, words, text) { #key, words_of_##key },
#define DESCRIBE_NUMBER(key, report_key, text) { #report_key, NULL },
	UCHAOS_PARAMETERS(DESCRIBE_WORD, DESCRIBE_NUMBER)
};

static const char *const seed_crng_words[] = {
	[SEED_CRNG_OFF] = "off",
	[SEED_CRNG_MIX] = "mix",
	[SEED_CRNG_CREDIT] = "credit",
	NULL
};

static char *seed_crng = "mix";

static int read_back_seed_crng(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%s\n", uchaos_seed_crng_word());
}

static const struct kernel_param_ops seed_crng_param = {
	.set = param_set_charp,
	.get = read_back_seed_crng,
	.free = param_free_charp,
};

module_param_cb(seed_crng, &seed_crng_param, &seed_crng, 0444);
__MODULE_PARM_TYPE(seed_crng, "charp");
MODULE_PARM_DESC(seed_crng, "seed for the kernel's generator: off, mix (no entropy credited) or credit (default mix)");

const char *uchaos_seed_crng_word(void)
{
	return seed_crng_words[uchaos.seed_crng];
}

static bool find_word(const char *const *words, const char *text, u32 *value)
{
	for (*value = 0; words[*value]; ++*value)
		if (!strcmp(words[*value], text))
			return true;
	return false;
}

static bool parse(u32 which, const char *text, u32 *value)
{
	const char *const *words = parameters[which].words;

	return words ? find_word(words, text, value) : !kstrtou32(text, 10, value);
}

/* The value in force, as it would be given. */
static int read_back(char *text, const struct kernel_param *param)
{
	const u32 *values = (const u32 *)&uchaos.params;
	u32 which = (char **)param->arg - given;
	const char *const *words = parameters[which].words;

	if (words)
		return sysfs_emit(text, "%s\n", words[values[which]]);
	return sysfs_emit(text, "%u\n", values[which]);
}

/* Reads what was given over the engine's defaults, and has the engine check it. */
int uchaos_params_read(struct uchaos_params *params)
{
	u32 *values = (u32 *)params;
	u32 which, word;

	if (!find_word(seed_crng_words, seed_crng, &word)) {
		pr_err("seed_crng=%s is not allowed: it must be off, mix or credit\n", seed_crng);
		return -EINVAL;
	}
	uchaos.seed_crng = word;
	BUILD_BUG_ON(sizeof(*params) != PARAMS * sizeof(u32));
	uchaos_default_params(params);
	for (which = 0; which < PARAMS; which++)
		if (given[which] && !parse(which, given[which], &values[which]))
			break;
	if (which == PARAMS && !uchaos_check_params(params, &which)) {
		/* The engine would try the clock's ports, which are the kernel's. */
		if (params->workload != UCHAOS_RTC)
			return 0;
		pr_err("workload=rtc needs the machine without an operating system: run it on bare metal\n");
		return -EINVAL;
	}
	pr_err("%s=%s is not allowed: it must be %s\n", uchaos_param_name(which),
	       given[which] ?: "", uchaos_param_allowed(which));
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
			len += scnprintf(text + len, size - len, "%s=%s%c", key,
					 words[values[which]], end);
		else
			len += scnprintf(text + len, size - len, "%s=%u%c", key,
					 values[which], end);
	}
}

void uchaos_params_json(struct seq_file *out)
{
	const u32 *values = (const u32 *)&uchaos.params;
	u32 which;

	for (which = 0; which < PARAMS; which++) {
		const char *const *words = parameters[which].words;

		seq_printf(out, "%s\"%s\": ", which ? ", " : "", parameters[which].report_key);
		if (words)
			seq_printf(out, "\"%s\"", words[values[which]]);
		else
			seq_printf(out, "%u", values[which]);
	}
}
