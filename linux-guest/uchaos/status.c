// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/uchaos: parameters, health and counts as key=value lines, for people and for the capture's health frame. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "uchaos.h"

static const char *state_name(u32 state)
{
	static const char *const names[] = { "starting", "healthy", "intermittent", "permanent" };

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static int show(struct seq_file *out, void *unused)
{
	const struct uchaos_params *params = &uchaos.params;
	struct uchaos_health health;
	u64 seeds;

	if (mutex_lock_interruptible(&uchaos.lock))
		return -ERESTARTSYS;
	uchaos_engine_health(uchaos.engine, &health);
	seeds = uchaos.seeds;
	uchaos_release();

	seq_printf(out, "workload=%s\nturns=%u\ninit_turns=%u\nmin_delta=%u\nclaim_millibits=%u\nhealth=%s\n",
		   uchaos_workload(), params->turns, params->init_turns, params->min_delta, params->claim_millibits,
		   uchaos_health_mode());
	seq_printf(out, "state=%s\nlast_error=%d\nlast_error_text=%s\n", state_name(health.state), health.last_error,
		   uchaos_error_text(health.last_error));
	seq_printf(out, "samples=%llu\nrepetition_count_failures=%llu\nadaptive_proportion_failures=%llu\n",
		   health.samples, health.repetition_count_failures, health.adaptive_proportion_failures);
	seq_printf(out, "lag_predictor_failures=%llu\nstuck_failures=%llu\nstuck_samples=%llu\n",
		   health.lag_predictor_failures, health.stuck_failures, health.stuck_samples);
	seq_printf(out, "backward_steps=%llu\nrepeated_reads=%llu\n", health.backward_steps, health.repeated_reads);
	seq_printf(out, "repetition_count_cutoff=%u\nadaptive_proportion_window=%u\nadaptive_proportion_cutoff=%u\n",
		   health.repetition_count_cutoff, health.adaptive_proportion_window,
		   health.adaptive_proportion_cutoff);
	seq_printf(out, "prediction_run_cutoff=%u\nprediction_count_cutoff=%u\nfresh_microbits_per_output_bit=%u\n",
		   health.prediction_run_cutoff, health.prediction_count_cutoff,
		   health.fresh_microbits_per_output_bit);
	seq_printf(out, "crng_seeds=%llu\n", seeds);
	return 0;
}

int uchaos_status_add(void)
{
	if (proc_create_single(KBUILD_MODNAME, 0444, NULL, show))
		return 0;
	pr_err("/proc/" KBUILD_MODNAME " could not be made\n");
	return -ENOMEM;
}

void uchaos_status_remove(void)
{
	remove_proc_entry(KBUILD_MODNAME, NULL);
}
