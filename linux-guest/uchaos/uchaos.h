/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the module share: the engines of this machine (engines.c), and the seams
 * between loading (main.c, params.c), the device nodes (nodes.c), the kernel's generator (crng.c),
 * clones and resumes (uniqueness.c) and /proc/uchaos (status.c).
 */
#ifndef UCHAOS_H
#define UCHAOS_H

#include <linux/atomic.h>
#include <linux/ioctl.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "uchaos_engine.h"

/*
 * On /dev/uchaos-raw: restart the engines, with their startup test; the restart matrix is made with
 * this.
 */
#define UCHAOS_RESTART _IO('C', 0xa0)

/* Room for the text of all parameters. */
#define UCHAOS_PARAMS_TEXT 256

/* What the kernel's generator gets. */
enum uchaos_seed_crng { SEED_CRNG_OFF, SEED_CRNG_MIX, SEED_CRNG_CREDIT };

struct uchaos_engine {
	struct mutex lock;	/* guards what follows */
	void *state;		/* of the engine object */
	void *walked;		/* what the memory workload walks through */
	u32 index;
	int generation;		/* of the machine, when the engine was last started */
};

struct uchaos {
	wait_queue_head_t idle;	/* woken when an engine is given back: poll() waits here */
	struct uchaos_engine *engines;
	u32 count;
	struct uchaos_params params;
	enum uchaos_seed_crng seed_crng;
	atomic_t generation;	/* clones and resumes that this machine was told of */
	atomic_t error;		/* the last error that was written to dmesg */
	atomic64_t seeds;	/* seeds of 256 bits given to the kernel's own generator */
	bool hwrng;		/* whether it is among the kernel's hardware generators */
};

extern struct uchaos uchaos;

int uchaos_params_read(struct uchaos_params *params);
void uchaos_params_write(char *text, size_t size, char end);
const char *uchaos_seed_crng_word(void);
/* One `key: value` of a JSON object for each parameter. */
struct seq_file;
void uchaos_params_json(struct seq_file *out);

int uchaos_engines_make(void);
void uchaos_engines_free(void);
/*
 * An engine, locked: the one of this CPU or the first that is free; with `first_only` the first
 * engine, whose samples then follow each other. ERR_PTR(-EAGAIN) where waiting is not wanted and
 * none is free.
 */
struct uchaos_engine *uchaos_acquire(bool first_only, bool nonblock);
/* Locks one engine: 0, -EAGAIN where waiting is not wanted and it is taken, or -ERESTARTSYS. */
int uchaos_lock(struct uchaos_engine *engine, bool nonblock);
/* Unlocks it and wakes pollers. */
void uchaos_release(struct uchaos_engine *engine);
/* Whether uchaos_acquire() would have had to wait a moment ago. */
bool uchaos_busy(bool first_only);
/*
 * With the engine locked: fills a buffer, piece by piece with looks at signals and the scheduler in
 * between. Returns the bytes made, fewer than asked only after a signal, or an error.
 */
typedef int uchaos_produce(void *state, void *out, size_t len);
ssize_t uchaos_fill(struct uchaos_engine *engine, uchaos_produce *produce, void *out, size_t len);
int uchaos_produce_seed(void *state, void *out, size_t len);
/* With the engine locked: starts it over. */
int uchaos_restart(struct uchaos_engine *engine);
/* An engine's result as an errno, its reason in dmesg once. */
int uchaos_errno(int result);

int uchaos_nodes_add(void);
void uchaos_nodes_remove(void);

int uchaos_crng_start(void);
void uchaos_crng_stop(void);
void uchaos_hwrng_add(void);
void uchaos_hwrng_remove(void);

int uchaos_uniqueness_add(void);
void uchaos_uniqueness_remove(void);

int uchaos_status_add(void);
void uchaos_status_remove(void);

#endif
