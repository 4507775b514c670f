// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and leaving: parameters are checked, the engines are made and pass their startup test,
 * and only then do the nodes appear. The noise source, health tests, mixer and conditioning are all
 * in the engine object.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "uchaos.h"

struct uchaos uchaos = {
	.idle = __WAIT_QUEUE_HEAD_INITIALIZER(uchaos.idle),
};

static int __init uchaos_init(void)
{
	char params[UCHAOS_PARAMS_TEXT];
	int error = uchaos_params_read(&uchaos.params);

	if (error)
		return error;
	error = uchaos_engines_make();
	if (error)
		goto no_engines;
	error = uchaos_uniqueness_add();
	if (error)
		goto no_engines;
	error = uchaos_crng_start();
	if (error)
		goto no_crng;
	error = uchaos_status_add();
	if (error)
		goto no_status;
	error = uchaos_nodes_add();
	if (error)
		goto no_nodes;
	uchaos_hwrng_add();
	uchaos_params_write(params, sizeof(params), ' ');
	pr_info("ready: %s\n", params);
	return 0;

no_nodes:
	uchaos_status_remove();
no_status:
	uchaos_crng_stop();
no_crng:
	uchaos_uniqueness_remove();
no_engines:
	uchaos_engines_free();
	return error;
}

/* No node is open now: each open file holds the module. */
static void __exit uchaos_exit(void)
{
	uchaos_hwrng_remove();
	uchaos_nodes_remove();
	uchaos_status_remove();
	uchaos_crng_stop();
	uchaos_uniqueness_remove();
	uchaos_engines_free();
}

module_init(uchaos_init);
module_exit(uchaos_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The µChaos authors");
MODULE_DESCRIPTION("Random numbers from timing jitter, with raw noise and health tests");
