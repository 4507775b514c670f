// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device nodes, one per output of the engine, so that the outputs are never confused:
 *   /dev/uchaos       the stream; writing to it stirs the mixer and credits nothing
 *   /dev/uchaos-seed  full entropy by account
 *   /dev/uchaos-raw   raw noise, u64 ticks in the machine's byte order; root only
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "uchaos.h"

/* Bytes between two looks at signals and the scheduler: 0.14 ms where a pause costs 270 ns. */
#define FILL_BYTES 4096u
/* A million raw samples in one piece, if there is memory for them. */
#define RAW_PIECE_BYTES (8u << 20)

struct uchaos_node {
	struct miscdevice misc;
	int (*produce)(void *out, size_t len);
	size_t granule;		/* bytes of the smallest unit that is handed out */
	size_t piece;		/* bytes taken at most under one hold of the lock */
	bool one_piece;		/* a read ends with its first piece */
};

static int produce_stream(void *out, size_t len)
{
	return uchaos_engine_stream(uchaos.engine, out, len);
}

static int produce_seed(void *out, size_t len)
{
	return uchaos_engine_seed(uchaos.engine, out, len);
}

static int produce_raw(void *out, size_t len)
{
	return uchaos_engine_raw(uchaos.engine, out, len / sizeof(u64));
}

static struct uchaos_node *node_of(struct file *file)
{
	return container_of(file->private_data, struct uchaos_node, misc);
}

/* 0, or why the engine cannot be had now; where waiting is not wanted, that is because another has it. */
static int acquire(struct file *file)
{
	if (file->f_flags & O_NONBLOCK)
		return mutex_trylock(&uchaos.lock) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&uchaos.lock) ? -ERESTARTSYS : 0;
}

/*
 * Fills a piece under one hold of the lock, so that its samples follow each other with nothing in between but
 * the scheduler. Returns the bytes made; fewer than asked only after a signal.
 */
static ssize_t take_piece(struct file *file, u8 *piece, size_t len)
{
	struct uchaos_node *node = node_of(file);
	size_t made = 0;
	int error = acquire(file);

	if (error)
		return error;
	while (made < len && !error && !(made && signal_pending(current))) {
		size_t part = min_t(size_t, len - made, FILL_BYTES);

		error = uchaos_errno(node->produce(piece + made, part));
		made += part;
		cond_resched();
	}
	uchaos_release();
	return error ? error : made;
}

/* The largest piece that memory allows now, from `len` down to one fill; never at the price of a killed process. */
static u8 *alloc_piece(size_t *len)
{
	for (;; *len = ALIGN(*len / 2, sizeof(u64))) {
		gfp_t patience = *len > FILL_BYTES ? __GFP_NORETRY | __GFP_NOWARN : 0;
		u8 *piece = kvmalloc(*len, GFP_KERNEL | patience);

		if (piece || *len <= FILL_BYTES)
			return piece;
	}
}

/*
 * The buffer is this call's alone: readers share the engine and nothing else, and bytes that could not be
 * copied out are wiped, not kept for anybody.
 */
static ssize_t node_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	struct uchaos_node *node = node_of(file);
	size_t size, done = 0;
	ssize_t made = 0;
	u8 *piece;

	if (len && len < node->granule)
		return -EINVAL;
	len -= len % node->granule;
	if (!len)
		return 0;
	size = min(len, node->piece);
	piece = alloc_piece(&size);
	if (!piece)
		return -ENOMEM;
	do {
		size_t missed;

		made = take_piece(file, piece, min(len - done, size));
		if (made < 0)
			break;
		missed = copy_to_user(to + done, piece, made);
		done += made - missed;
		if (missed) {
			made = -EFAULT;
			break;
		}
		cond_resched();
	} while (done < len && !node->one_piece && !signal_pending(current));
	kvfree_sensitive(piece, size);
	return done ? done : made;
}

/* Stirs a copy: the caller's memory is only ever read. */
static ssize_t stream_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	size_t size = min_t(size_t, len, FILL_BYTES);
	size_t done = 0;
	int error = 0;
	u8 *copy;

	if (!len)
		return 0;
	copy = kmalloc(size, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	do {
		size_t part = min(len - done, size);

		error = copy_from_user(copy, from + done, part) ? -EFAULT : acquire(file);
		if (error)
			break;
		error = uchaos_errno(uchaos_engine_stir(uchaos.engine, copy, part));
		uchaos_release();
		if (error)
			break;
		done += part;
		cond_resched();
	} while (done < len && !signal_pending(current));
	kfree_sensitive(copy);
	return done ? done : error;
}

/* The engine makes its bytes while it is read: there is something to read whenever it is free. */
static __poll_t node_poll(struct file *file, poll_table *wait)
{
	__poll_t events = file->f_op->write ? EPOLLOUT | EPOLLWRNORM : 0;

	poll_wait(file, &uchaos.idle, wait);
	if (!mutex_is_locked(&uchaos.lock))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static long raw_ioctl(struct file *file, unsigned int command, unsigned long unused)
{
	int error;

	if (command != UCHAOS_RESTART)
		return -ENOTTY;
	error = acquire(file);
	if (error)
		return error;
	error = uchaos_errno(uchaos_engine_restart(uchaos.engine));
	uchaos_release();
	return error;
}

static const struct file_operations stream_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = node_read,
	.write = stream_write,
	.poll = node_poll,
};

static const struct file_operations seed_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = node_read,
	.poll = node_poll,
};

static const struct file_operations raw_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.read = node_read,
	.poll = node_poll,
	.unlocked_ioctl = raw_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct uchaos_node nodes[] = {
	{ .misc = { .name = "uchaos", .fops = &stream_fops, .mode = 0644 },
	  .produce = produce_stream, .granule = 1, .piece = FILL_BYTES },
	{ .misc = { .name = "uchaos-seed", .fops = &seed_fops, .mode = 0444 },
	  .produce = produce_seed, .granule = 1, .piece = 256 },
	{ .misc = { .name = "uchaos-raw", .fops = &raw_fops, .mode = 0400 },
	  .produce = produce_raw, .granule = sizeof(u64), .piece = RAW_PIECE_BYTES, .one_piece = true },
};

static void remove_first(size_t count)
{
	while (count--)
		misc_deregister(&nodes[count].misc);
}

int uchaos_nodes_add(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		int error;

		nodes[i].misc.minor = MISC_DYNAMIC_MINOR;
		error = misc_register(&nodes[i].misc);
		if (error) {
			pr_err("/dev/%s could not be made (error %d)\n", nodes[i].misc.name, error);
			remove_first(i);
			return error;
		}
	}
	return 0;
}

void uchaos_nodes_remove(void)
{
	remove_first(ARRAY_SIZE(nodes));
}
