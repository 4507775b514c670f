/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the module share: the one engine of this machine, the lock around it, and the seams
 * between loading (main.c, params.c), the device nodes (nodes.c), seeding (crng.c) and /proc/uchaos (status.c).
 */
#ifndef UCHAOS_H
#define UCHAOS_H

#include <linux/ioctl.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "uchaos_engine.h"

/* On /dev/uchaos-raw: restart the engine, with its startup test; the restart matrix is made with this. */
#define UCHAOS_RESTART _IO('C', 0xa0)

/* Room for the text of all parameters. */
#define UCHAOS_PARAMS_TEXT 256

struct uchaos {
	struct mutex lock;	/* guards the engine, error and seeds */
	wait_queue_head_t idle;	/* woken when the lock is given back: poll() waits here */
	void *engine;
	struct uchaos_params params;
	int error;		/* the last error that was written to dmesg */
	u64 seeds;		/* seeds of 256 bits given to the kernel's own generator */
};

extern struct uchaos uchaos;

int uchaos_params_read(struct uchaos_params *params);
void uchaos_params_write(char *text, size_t size, char end);

/* Gives the lock back and wakes pollers. */
void uchaos_release(void);
/* With the lock held: an engine's result as an errno, its reason in dmesg once. */
int uchaos_errno(int result);

int uchaos_nodes_add(void);
void uchaos_nodes_remove(void);

int uchaos_crng_start(void);
void uchaos_crng_stop(void);

int uchaos_status_add(void);
void uchaos_status_remove(void);

#endif
