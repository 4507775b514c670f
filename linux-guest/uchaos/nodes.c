// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device nodes, one per output of the engine, so that the outputs are never confused:
 *   /dev/uchaos       the stream; writing to it stirs the mixer and credits nothing
 *   /dev/uchaos-seed  full entropy by account
 *   /dev/uchaos-raw   raw noise, u64 ticks in the machine's byte order; root only
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <linux/version.h>

#include "uchaos.h"

/* Bytes of a stream's piece, and of the smallest buffer that is tried for raw noise. */
#define PIECE_BYTES 4096u
/* A million raw samples in one piece, if there is memory for them. */
#define RAW_PIECE_BYTES (8u << 20)

struct uchaos_node {
	struct miscdevice misc;
	uchaos_produce *produce;
	size_t granule;		/* bytes of the smallest unit that is handed out */
	size_t piece;		/* bytes taken at most under one hold of an engine */
	bool raw;		/* a read ends with its first piece, of the first engine */
};

static int produce_stream(void *state, void *out, size_t len)
{
	return uchaos_engine_stream(state, out, len);
}

static int produce_raw(void *state, void *out, size_t len)
{
	return uchaos_engine_raw(state, out, len / sizeof(u64));
}

static struct uchaos_node *node_of(struct file *file)
{
	return container_of(file->private_data, struct uchaos_node, misc);
}

static bool nonblock(const struct kiocb *call)
{
	return call->ki_filp->f_flags & O_NONBLOCK || call->ki_flags & IOCB_NOWAIT;
}

/*
 * Fills a piece under one hold of an engine, so that its samples follow each other with nothing in
 * between but the scheduler.
 */
static ssize_t take_piece(struct kiocb *call, u8 *piece, size_t len)
{
	struct uchaos_node *node = node_of(call->ki_filp);
	struct uchaos_engine *engine = uchaos_acquire(node->raw, nonblock(call));
	ssize_t made;

	if (IS_ERR(engine))
		return PTR_ERR(engine);
	made = uchaos_fill(engine, node->produce, piece, len);
	uchaos_release(engine);
	return made;
}

/*
 * The largest piece that memory allows now, from `len` down to a page; never at the price of a
 * killed process.
 */
static u8 *alloc_piece(size_t *len)
{
	for (;; *len = ALIGN(*len / 2, sizeof(u64))) {
		gfp_t patience = *len > PIECE_BYTES ? __GFP_NORETRY | __GFP_NOWARN : 0;
		u8 *piece = kvmalloc(*len, GFP_KERNEL | patience);

		if (piece || *len <= PIECE_BYTES)
			return piece;
	}
}

/*
 * The buffer is this call's alone: readers share engines and nothing else, and bytes that could not
 * be copied out are wiped, not kept for anybody.
 */
static ssize_t node_read(struct kiocb *call, struct iov_iter *to)
{
	struct uchaos_node *node = node_of(call->ki_filp);
	size_t len = iov_iter_count(to);
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
		size_t copied;

		made = take_piece(call, piece, min(len - done, size));
		if (made < 0)
			break;
		copied = copy_to_iter(piece, made, to);
		done += copied;
		if (copied < made) {
			made = -EFAULT;
			break;
		}
		cond_resched();
	} while (done < len && !node->raw && !signal_pending(current));
	kvfree_sensitive(piece, size);
	return done ? done : made;
}

/* Every engine takes the bytes: which of them a reader gets is not for the writer to know. */
static int stir_all(struct kiocb *call, const u8 *bytes, size_t len)
{
	u32 index;

	for (index = 0; index < uchaos.count; index++) {
		struct uchaos_engine *engine = &uchaos.engines[index];
		int error;

		error = uchaos_lock(engine, nonblock(call));
		if (error)
			return error;
		error = uchaos_errno(uchaos_engine_stir(engine->state, bytes, len));
		uchaos_release(engine);
		if (error)
			return error;
	}
	return 0;
}

/* Stirs a copy: the caller's memory is only ever read. */
static ssize_t stream_write(struct kiocb *call, struct iov_iter *from)
{
	size_t len = iov_iter_count(from);
	size_t size = min_t(size_t, len, PIECE_BYTES);
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

		error = -EFAULT;
		if (copy_from_iter(copy, part, from) == part)
			error = stir_all(call, copy, part);
		if (error)
			break;
		done += part;
		cond_resched();
	} while (done < len && !signal_pending(current));
	kfree_sensitive(copy);
	return done ? done : error;
}

/* An engine makes its bytes while it is read: there is something to read whenever one is free. */
static __poll_t node_poll(struct file *file, poll_table *wait)
{
	__poll_t events = file->f_op->write_iter ? EPOLLOUT | EPOLLWRNORM : 0;

	poll_wait(file, &uchaos.idle, wait);
	if (!uchaos_busy(node_of(file)->raw))
		events |= EPOLLIN | EPOLLRDNORM;
	return events;
}

static long raw_ioctl(struct file *file, unsigned int command, unsigned long unused)
{
	u32 index;

	if (command != UCHAOS_RESTART)
		return -ENOTTY;
	for (index = 0; index < uchaos.count; index++) {
		struct uchaos_engine *engine = &uchaos.engines[index];
		int error;

		error = uchaos_lock(engine, file->f_flags & O_NONBLOCK);
		if (error)
			return error;
		error = uchaos_restart(engine);
		uchaos_release(engine);
		if (error)
			return error;
	}
	return 0;
}

/* With RWF_NOWAIT a read gives EAGAIN where it would have to wait, as with O_NONBLOCK. */
static int node_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

/* splice(), and since 5.19 sendfile(), which asks for a file that seeks. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define SPLICE_READ copy_splice_read
#else
#define SPLICE_READ generic_file_splice_read
#endif

static const struct file_operations stream_fops = {
	.owner = THIS_MODULE,
	.open = node_open,
	.llseek = noop_llseek,
	.read_iter = node_read,
	.write_iter = stream_write,
	.splice_read = SPLICE_READ,
	.splice_write = iter_file_splice_write,
	.poll = node_poll,
};

static const struct file_operations seed_fops = {
	.owner = THIS_MODULE,
	.open = node_open,
	.llseek = noop_llseek,
	.read_iter = node_read,
	.splice_read = SPLICE_READ,
	.poll = node_poll,
};

static const struct file_operations raw_fops = {
	.owner = THIS_MODULE,
	.open = node_open,
	.llseek = noop_llseek,
	.read_iter = node_read,
	.splice_read = SPLICE_READ,
	.poll = node_poll,
	.unlocked_ioctl = raw_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct uchaos_node nodes[] = {
	{ .misc = { .name = "uchaos", .fops = &stream_fops, .mode = 0644 },
	  .produce = produce_stream, .granule = 1, .piece = PIECE_BYTES },
	{ .misc = { .name = "uchaos-seed", .fops = &seed_fops, .mode = 0444 },
	  .produce = uchaos_produce_seed, .granule = 1, .piece = 256 },
	{ .misc = { .name = "uchaos-raw", .fops = &raw_fops, .mode = 0400 },
	  .produce = produce_raw, .granule = sizeof(u64), .piece = RAW_PIECE_BYTES, .raw = true },
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
