// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engines: one for each CPU that was online when the module was loaded, each with its lock, so
 * that readers on several CPUs do not wait for each other. An engine belongs to one caller at a
 * time and may move to another CPU meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "uchaos.h"

/* Bytes between two looks at signals and the scheduler: 0.14 ms where a pause costs 270 ns. */
#define FILL_BYTES 4096u
/* Engines take about 270 KB each. More readers at a time than this wait for each other. */
#define MOST_ENGINES 16u

int uchaos_errno(int result)
{
	if (atomic_xchg(&uchaos.error, result) != result && result)
		pr_err_ratelimited("%s; /proc/uchaos has the counts\n", uchaos_error_text(result));
	return result ? -EIO : 0;
}

/*
 * Engines that were started at one moment of a machine without any jitter would give the same
 * bytes: each but the first begins with its number. The first begins as every other target's engine
 * does.
 */
static int personalize(struct uchaos_engine *engine)
{
	if (!engine->index)
		return 0;
	return uchaos_engine_stir(engine->state, (const u8 *)&engine->index, sizeof(engine->index));
}

int uchaos_restart(struct uchaos_engine *engine)
{
	int generation = atomic_read(&uchaos.generation);
	int error = uchaos_engine_restart(engine->state);

	if (!error)
		error = personalize(engine);
	if (!error)
		engine->generation = generation;
	return uchaos_errno(error);
}

/* Whether the machine was cloned or resumed since the engine was started. */
static bool is_stale(const struct uchaos_engine *engine)
{
	return engine->generation != atomic_read(&uchaos.generation);
}

static int make(struct uchaos_engine *engine, u32 index)
{
	size_t size = uchaos_engine_size();
	int error;

	mutex_init(&engine->lock);
	engine->index = index;
	/* Whole pages: more than the alignment of 64 that the engine asks for. */
	engine->state = vzalloc(size);
	engine->walked = vzalloc(UCHAOS_MEMORY_BYTES);
	if (!engine->state || !engine->walked) {
		pr_err("no memory for engine %u (%zu bytes and %u to walk through)\n", index,
		       size, UCHAOS_MEMORY_BYTES);
		return -ENOMEM;
	}
	error = uchaos_engine_init(engine->state, size, &uchaos.params, engine->walked,
				   UCHAOS_MEMORY_BYTES);
	return uchaos_errno(error ?: personalize(engine));
}

int uchaos_engines_make(void)
{
	int error = 0;
	u32 index;

	uchaos.count = min(num_online_cpus(), MOST_ENGINES);
	uchaos.engines = kcalloc(uchaos.count, sizeof(*uchaos.engines), GFP_KERNEL);
	if (!uchaos.engines)
		return -ENOMEM;
	for (index = 0; index < uchaos.count && !error; index++)
		error = make(&uchaos.engines[index], index);
	return error;
}

void uchaos_engines_free(void)
{
	u32 index;

	for (index = 0; uchaos.engines && index < uchaos.count; index++) {
		struct uchaos_engine *engine = &uchaos.engines[index];

		if (engine->state)
			memzero_explicit(engine->state, uchaos_engine_size());
		vfree(engine->state);
		vfree(engine->walked);
	}
	kfree(uchaos.engines);
}

int uchaos_lock(struct uchaos_engine *engine, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(&engine->lock) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&engine->lock) ? -ERESTARTSYS : 0;
}

struct uchaos_engine *uchaos_acquire(bool first_only, bool nonblock)
{
	u32 count = first_only ? 1 : uchaos.count;
	u32 own = raw_smp_processor_id() % count;
	u32 step;
	int error;

	for (step = 0; step < count; step++) {
		struct uchaos_engine *engine = &uchaos.engines[(own + step) % count];

		if (mutex_trylock(&engine->lock))
			return engine;
	}
	error = uchaos_lock(&uchaos.engines[own], nonblock);
	return error ? ERR_PTR(error) : &uchaos.engines[own];
}

void uchaos_release(struct uchaos_engine *engine)
{
	mutex_unlock(&engine->lock);
	if (wq_has_sleeper(&uchaos.idle))
		wake_up_interruptible(&uchaos.idle);
}

bool uchaos_busy(bool first_only)
{
	u32 count = first_only ? 1 : uchaos.count;
	u32 index;

	for (index = 0; index < count; index++)
		if (!mutex_is_locked(&uchaos.engines[index].lock))
			return false;
	return true;
}

int uchaos_produce_seed(void *state, void *out, size_t len)
{
	return uchaos_engine_seed(state, out, len);
}

/*
 * What was made before the machine was cloned exists in the clone as well: it is made again, by an
 * engine that was started since.
 */
ssize_t uchaos_fill(struct uchaos_engine *engine, uchaos_produce *produce, void *out, size_t len)
{
	size_t made;
	int error;

	do {
		made = 0;
		error = is_stale(engine) ? uchaos_restart(engine) : 0;
		while (made < len && !error && !(made && signal_pending(current))) {
			size_t part = min_t(size_t, len - made, FILL_BYTES);

			error = uchaos_errno(produce(engine->state, out + made, part));
			made += part;
			cond_resched();
		}
	} while (!error && is_stale(engine));
	return error ? error : made;
}
