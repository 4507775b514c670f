// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine's full-entropy output for the kernel's own generator (/dev/random): by the exported
 * call that hardware generators use, once while the module loads, then once per reseed interval of
 * the kernel; and as one of the kernel's hardware generators, where it has them. Entropy is
 * credited only where the loader asks for it: the claim is a parameter, and the module cannot know
 * whether it was assessed on this machine.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/hw_random.h>
#include <linux/jiffies.h>
#include <linux/kmod.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/version.h>

#include "uchaos.h"

/* What the kernel's generator asks for before it calls itself ready. */
#define SEED_BYTES 32

static struct task_struct *seeder;
static bool stopping;
static DECLARE_COMPLETION(first_seed);
static DECLARE_COMPLETION(ended);

/* Sleeps until the kernel wants more; uchaos_crng_stop() wakes it. */
static void give(const u8 *seed)
{
	size_t bits = uchaos.seed_crng == SEED_CRNG_CREDIT ? SEED_BYTES * 8 : 0;

	/* The argument more since 6.2: sleep afterwards. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	add_hwgenerator_randomness(seed, SEED_BYTES, bits, true);
#else
	add_hwgenerator_randomness(seed, SEED_BYTES, bits);
#endif
}

static void report_first(void)
{
	if (uchaos.seed_crng == SEED_CRNG_CREDIT)
		pr_info("credited %d bits to the kernel's generator, as seed_crng=credit asks\n",
			SEED_BYTES * 8);
	else
		pr_info("mixed a seed into the kernel's generator and credited 0 bits (seed_crng=mix): whether the claim holds on this machine is for its owner to assess\n");
}

static ssize_t make_seed(u8 *seed, size_t len, bool nonblock)
{
	struct uchaos_engine *engine = uchaos_acquire(false, nonblock);
	ssize_t made;

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	made = uchaos_fill(engine, uchaos_produce_seed, seed, len);
	uchaos_release(engine);
	return made;
}

static int seeder_main(void *unused)
{
	u8 seed[SEED_BYTES];

	while (!READ_ONCE(stopping)) {
		ssize_t made = make_seed(seed, sizeof(seed), false);

		if (made == sizeof(seed) && atomic64_inc_return(&uchaos.seeds) == 1)
			report_first();
		complete_all(&first_seed);
		if (made == sizeof(seed))
			give(seed);
		else
			schedule_timeout_interruptible(60 * HZ);
		memzero_explicit(seed, sizeof(seed));
	}
	complete(&ended);
	return 0;
}

/*
 * Returns after the first seed was made, or failed: where it is credited, the crng is ready once
 * the module is loaded.
 */
int uchaos_crng_start(void)
{
	struct task_struct *task;

	if (uchaos.seed_crng == SEED_CRNG_OFF)
		return 0;
	task = kthread_create(seeder_main, NULL, "uchaos-seed");
	if (IS_ERR(task)) {
		pr_err("the seeding thread could not be started (error %ld)\n", PTR_ERR(task));
		return PTR_ERR(task);
	}
	seeder = get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&first_seed);
	return 0;
}

/*
 * kthread_stop() wakes the thread once. If that came between its look at kthread_should_stop() and
 * its sleep, both inside add_hwgenerator_randomness(), it would sleep for the whole interval: so it
 * is woken until it has ended.
 */
void uchaos_crng_stop(void)
{
	if (!seeder)
		return;
	WRITE_ONCE(stopping, true);
	do
		wake_up_process(seeder);
	while (!wait_for_completion_timeout(&ended, HZ / 10));
	kthread_stop(seeder);
	put_task_struct(seeder);
}

#if IS_ENABLED(CONFIG_HW_RANDOM)
static int hwrng_read(struct hwrng *unused, void *data, size_t max, bool wait)
{
	return make_seed(data, max, !wait);
}

/*
 * No quality unless crediting was asked for. Since 6.2 the kernel takes a quality of 0 for full
 * trust, and 1 of 1024 is the least there is; the owner can set another in rng_quality. What is
 * read here is full entropy by account of the claim.
 */
static struct hwrng hwrng = {
	.name = KBUILD_MODNAME,
	.read = hwrng_read,
};

static void (*unregister)(struct hwrng *rng);

/*
 * By symbol_request(), since insmod does not load what a module depends on: without rng-core the
 * module works, only not as a hardware generator.
 */
void uchaos_hwrng_add(void)
{
	int (*do_register)(struct hwrng *rng) = symbol_request(hwrng_register);
	int error;

	if (!do_register) {
		pr_info("not among the hardware generators: rng-core is not loaded\n");
		return;
	}
	if (uchaos.seed_crng == SEED_CRNG_CREDIT)
		hwrng.quality = 1024;
	else if (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0))
		hwrng.quality = 1;
	error = do_register(&hwrng);
	if (error)
		pr_warn("not among the hardware generators (error %d)\n", error);
	else
		unregister = symbol_get(hwrng_unregister);
	uchaos.hwrng = !error;
	symbol_put(hwrng_register);
}

void uchaos_hwrng_remove(void)
{
	if (!unregister)
		return;
	unregister(&hwrng);
	symbol_put(hwrng_unregister);
}
#else
void uchaos_hwrng_add(void)
{
}

void uchaos_hwrng_remove(void)
{
}
#endif
