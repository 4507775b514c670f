// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and leaving: parameters are checked, the engine is made and passes its startup test, and only then
 * do the nodes appear. The noise source, health tests, mixer and conditioning are all in the engine object.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "uchaos.h"

static bool seed_crng = true;
module_param(seed_crng, bool, 0444);
MODULE_PARM_DESC(seed_crng, "seed the kernel's own generator (default Y)");

struct uchaos uchaos = {
	.lock = __MUTEX_INITIALIZER(uchaos.lock),
	.idle = __WAIT_QUEUE_HEAD_INITIALIZER(uchaos.idle),
};

static void *walked;	/* what the memory workload walks through */

void uchaos_release(void)
{
	mutex_unlock(&uchaos.lock);
	if (wq_has_sleeper(&uchaos.idle))
		wake_up_interruptible(&uchaos.idle);
}

int uchaos_errno(int result)
{
	if (result && result != uchaos.error)
		pr_err("%s; /proc/uchaos has the counts\n", uchaos_error_text(result));
	uchaos.error = result;
	return result ? -EIO : 0;
}

static void free_engine(void)
{
	if (uchaos.engine)
		memset(uchaos.engine, 0, uchaos_engine_size());
	vfree(uchaos.engine);
	vfree(walked);
}

static int make_engine(void)
{
	size_t size = uchaos_engine_size();

	/* Whole pages: more than the alignment of 64 that the engine asks for. */
	uchaos.engine = vzalloc(size);
	walked = vzalloc(UCHAOS_MEMORY_BYTES);
	if (!uchaos.engine || !walked) {
		pr_err("no memory for the engine (%zu bytes and %u to walk through)\n", size, UCHAOS_MEMORY_BYTES);
		return -ENOMEM;
	}
	return uchaos_errno(uchaos_engine_init(uchaos.engine, size, &uchaos.params, walked, UCHAOS_MEMORY_BYTES));
}

static int __init uchaos_init(void)
{
	char params[UCHAOS_PARAMS_TEXT];
	int error = uchaos_params_read(&uchaos.params);

	if (error)
		return error;
	error = make_engine();
	if (error)
		goto no_engine;
	if (seed_crng)
		error = uchaos_crng_start();
	if (error)
		goto no_engine;
	error = uchaos_status_add();
	if (error)
		goto no_status;
	error = uchaos_nodes_add();
	if (error)
		goto no_nodes;
	uchaos_params_write(params, sizeof(params), ' ');
	pr_info("ready: %s\n", params);
	return 0;

no_nodes:
	uchaos_status_remove();
no_status:
	uchaos_crng_stop();
no_engine:
	free_engine();
	return error;
}

/* No node is open now: each open file holds the module. */
static void __exit uchaos_exit(void)
{
	uchaos_nodes_remove();
	uchaos_status_remove();
	uchaos_crng_stop();
	free_engine();
}

module_init(uchaos_init);
module_exit(uchaos_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The µChaos authors");
MODULE_DESCRIPTION("Random numbers from timing jitter, with raw noise and health tests");
