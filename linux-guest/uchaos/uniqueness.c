// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clones and resumes. The state of an engine that was saved exists more than once: a clone, or a
 * machine that was resumed from a saved image, starts its engines over before their next byte. The
 * notifiers only count, since they may run while a reader holds an engine; uchaos_fill() compares.
 * Bytes that a clone hands out before the kernel has noticed are not covered.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/suspend.h>
#include <linux/version.h>

#include "uchaos.h"

static void start_over(const char *what)
{
	atomic_inc(&uchaos.generation);
	pr_info("%s: the engines start over before their next byte\n", what);
}

static int on_power(struct notifier_block *unused, unsigned long event, void *data)
{
	if (event == PM_POST_SUSPEND || event == PM_POST_HIBERNATION || event == PM_POST_RESTORE)
		start_over("this machine was resumed");
	return NOTIFY_DONE;
}

static struct notifier_block power = { .notifier_call = on_power };

/* Linux 5.18 brought the notifier. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
static int on_vmfork(struct notifier_block *unused, unsigned long event, void *data)
{
	start_over("this machine is a clone");
	return NOTIFY_DONE;
}

static struct notifier_block vmfork = { .notifier_call = on_vmfork };

static int add_vmfork(void)
{
	return register_random_vmfork_notifier(&vmfork);
}

static void remove_vmfork(void)
{
	unregister_random_vmfork_notifier(&vmfork);
}
#else
static int add_vmfork(void)
{
	return 0;
}

static void remove_vmfork(void)
{
}
#endif

int uchaos_uniqueness_add(void)
{
	int error = register_pm_notifier(&power);

	if (error)
		return error;
	error = add_vmfork();
	if (error)
		unregister_pm_notifier(&power);
	return error;
}

void uchaos_uniqueness_remove(void)
{
	remove_vmfork();
	unregister_pm_notifier(&power);
}
