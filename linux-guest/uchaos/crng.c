// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Seeds the kernel's own generator (/dev/random) from the engine's full-entropy output, by the exported call
 * that hardware generators use: once while the module loads, then once per reseed interval of the kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/hw_random.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/version.h>

#include "uchaos.h"

/* What the kernel's generator asks for before it calls itself ready. */
#define SEED_BYTES 32

static struct task_struct *seeder;
static DECLARE_COMPLETION(first_seed);

/* Sleeps until the kernel wants more; the thread can be stopped meanwhile. */
static void credit(const u8 *seed)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	add_hwgenerator_randomness(seed, SEED_BYTES, SEED_BYTES * 8, true);
#else
	add_hwgenerator_randomness(seed, SEED_BYTES, SEED_BYTES * 8);
#endif
}

static int seeder_main(void *unused)
{
	u8 seed[SEED_BYTES];

	while (!kthread_should_stop()) {
		int error;

		mutex_lock(&uchaos.lock);
		error = uchaos_errno(uchaos_engine_seed(uchaos.engine, seed, sizeof(seed)));
		if (!error && !uchaos.seeds++)
			pr_info("credited %d bits to the kernel's generator\n", SEED_BYTES * 8);
		uchaos_release();
		complete_all(&first_seed);
		if (error)
			wait_event_interruptible_timeout(uchaos.idle, kthread_should_stop(), 60 * HZ);
		else
			credit(seed);
		memzero_explicit(seed, sizeof(seed));
	}
	return 0;
}

/* Returns after the first seed was made, or failed: the crng is ready once the module is loaded. */
int uchaos_crng_start(void)
{
	struct task_struct *task = kthread_run(seeder_main, NULL, "uchaos-seed");

	if (IS_ERR(task)) {
		pr_err("the seeding thread could not be started (error %ld)\n", PTR_ERR(task));
		return PTR_ERR(task);
	}
	seeder = task;
	wait_for_completion(&first_seed);
	return 0;
}

void uchaos_crng_stop(void)
{
	if (seeder)
		kthread_stop(seeder);
}
