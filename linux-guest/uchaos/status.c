// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/uchaos: parameters, health and counts as key=value lines, also for the capture's health frame. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "uchaos.h"
#include "vocabulary.h"

static const char *state_name(u32 state)
{
	static const char *const names[] = UCHAOS_STATE_WORDS;

	return state < ARRAY_SIZE(names) - 1 ? names[state] : "unknown";
}

static int show(struct seq_file *out, void *unused)
{
	char params[UCHAOS_PARAMS_TEXT];
	struct uchaos_health health;
	u64 seeds;

	if (mutex_lock_interruptible(&uchaos.lock))
		return -ERESTARTSYS;
	uchaos_engine_health(uchaos.engine, &health);
	seeds = uchaos.seeds;
	uchaos_release();

	uchaos_params_write(params, sizeof(params), '\n');
	seq_puts(out, params);
	seq_printf(out, "state=%s\nlast_error=%d\nlast_error_text=%s\n", state_name(health.state), health.last_error,
		   uchaos_error_text(health.last_error));
#define SHOW(key) seq_printf(out, #key "=%llu\n", (u64)health.key);
	UCHAOS_HEALTH_KEYS(SHOW)
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
