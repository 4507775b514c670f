// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/uchaos: parameters, health and counts as key=value lines, also for the capture's health
 * frame. The state is the worst of all engines, with its last error, and the counts are their sums.
 * /proc/uchaos.json has each engine by itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/uuid.h>

#include "uchaos.h"
#include "vocabulary.h"

#define JSON KBUILD_MODNAME ".json"

static const char *state_name(u32 state)
{
	static const char *const names[] = UCHAOS_STATE_WORDS;

	return state < ARRAY_SIZE(names) - 1 ? names[state] : "unknown";
}

static int health_of(u32 index, struct uchaos_health *health)
{
	struct uchaos_engine *engine = &uchaos.engines[index];

	if (mutex_lock_interruptible(&engine->lock))
		return -ERESTARTSYS;
	uchaos_engine_health(engine->state, health);
	uchaos_release(engine);
	return 0;
}

/*
 * Cutoffs and window are the same in all engines, since they follow from the parameters; what is
 * counted is added.
 */
static void add(struct uchaos_health *sum, const struct uchaos_health *one)
{
	sum->samples += one->samples;
	sum->repetition_count_failures += one->repetition_count_failures;
	sum->adaptive_proportion_failures += one->adaptive_proportion_failures;
	sum->lag_predictor_failures += one->lag_predictor_failures;
	sum->stuck_failures += one->stuck_failures;
	sum->stuck_samples += one->stuck_samples;
	sum->backward_steps += one->backward_steps;
	sum->repeated_reads += one->repeated_reads;
	if (one->state > sum->state || !sum->last_error)
		sum->last_error = one->last_error;
	sum->state = max(sum->state, one->state);
}

static int show(struct seq_file *out, void *unused)
{
	char params[UCHAOS_PARAMS_TEXT];
	struct uchaos_health health, more;
	u32 index;

	if (health_of(0, &health))
		return -ERESTARTSYS;
	for (index = 1; index < uchaos.count; index++) {
		if (health_of(index, &more))
			return -ERESTARTSYS;
		add(&health, &more);
	}
	uchaos_params_write(params, sizeof(params), '\n');
	seq_puts(out, params);
	seq_printf(out, "state=%s\nlast_error=%d\nlast_error_text=%s\n",
		   state_name(health.state), health.last_error,
		   uchaos_error_text(health.last_error));
#define SHOW(key) seq_printf(out, #key "=%llu\n", (u64)health.key);
	UCHAOS_HEALTH_KEYS(SHOW)
	seq_printf(out, "crng_seeds=%llu\n", (u64)atomic64_read(&uchaos.seeds));
	return 0;
}

/* Names this machine's engines until they start over: a clone has another. */
static void show_instance(struct seq_file *out)
{
	static DEFINE_MUTEX(lock);
	static int generation = -1;
	static uuid_t id;

	mutex_lock(&lock);
	if (generation != atomic_read(&uchaos.generation)) {
		generation = atomic_read(&uchaos.generation);
		uuid_gen(&id);
	}
	seq_printf(out, "\"instance\": \"%pUb\", \"generation\": %d", &id, generation);
	mutex_unlock(&lock);
}

static int show_json(struct seq_file *out, void *unused)
{
	struct uchaos_health health;
	u32 index;

	seq_puts(out, "{");
	show_instance(out);
	seq_puts(out, ",\n\"parameters\": {");
	uchaos_params_json(out);
	seq_printf(out, "},\n\"seed_crng\": \"%s\", \"crng_seeds\": %llu, \"hwrng\": %s,\n",
		   uchaos_seed_crng_word(), (u64)atomic64_read(&uchaos.seeds),
		   uchaos.hwrng ? "true" : "false");
	seq_puts(out, "\"engines\": [");
	for (index = 0; index < uchaos.count; index++) {
		if (health_of(index, &health))
			return -ERESTARTSYS;
		seq_printf(out, "%s\n{\"state\": \"%s\", \"last_error\": %d, ", index ? "," : "",
			   state_name(health.state), health.last_error);
		seq_printf(out, "\"last_error_text\": \"%s\"",
			   uchaos_error_text(health.last_error));
#define SHOW_JSON(key) seq_printf(out, ", \"" #key "\": %llu", (u64)health.key);
		UCHAOS_HEALTH_KEYS(SHOW_JSON)
		seq_puts(out, "}");
	}
	seq_puts(out, "\n]}\n");
	return 0;
}

int uchaos_status_add(void)
{
	if (proc_create_single(KBUILD_MODNAME, 0444, NULL, show)) {
		if (proc_create_single(JSON, 0444, NULL, show_json))
			return 0;
		remove_proc_entry(KBUILD_MODNAME, NULL);
	}
	pr_err("/proc/" KBUILD_MODNAME " could not be made\n");
	return -ENOMEM;
}

void uchaos_status_remove(void)
{
	remove_proc_entry(JSON, NULL);
	remove_proc_entry(KBUILD_MODNAME, NULL);
}
