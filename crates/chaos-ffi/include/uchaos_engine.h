/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's C interface, which one object offers to the kernel module, uchaosbox and the microkernel. Generated from
 * crates/chaos-vocab by `UPDATE=1 cargo test -p chaos-vocab`: change it there.
 *
 * The engine allocates nothing, keeps no global state, never sleeps and uses no floating point. One engine must not
 * be used by two callers at once; two engines are independent. After an error from raw, stream or seed the whole output
 * buffer is zero.
 */
#ifndef UCHAOS_ENGINE_H
#define UCHAOS_ENGINE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

/* Bytes that the memory workload walks through. */
#define UCHAOS_MEMORY_BYTES 262144
/* Alignment of the memory for an engine, in bytes. */
#define UCHAOS_ENGINE_ALIGN 64

enum uchaos_code {
	UCHAOS_OK = 0,
	UCHAOS_CLOCK_STUCK = -1,
	UCHAOS_CLOCK_COARSE = -2,
	UCHAOS_CLOCK_BACKWARDS = -3,
	UCHAOS_REPETITION_COUNT = -4,
	UCHAOS_ADAPTIVE_PROPORTION = -5,
	UCHAOS_LAG_PREDICTOR = -6,
	UCHAOS_STARTUP = -7,
	UCHAOS_BAD_PARAMETER = -8,
	UCHAOS_STUCK = -9,
	UCHAOS_BAD_PLACE = -10,
	UCHAOS_CLOCK_IGNORES_WORK = -11,
	UCHAOS_NOT_CREDITED = -12,
	UCHAOS_NO_REAL_TIME_CLOCK = -13,
	UCHAOS_REAL_TIME_CLOCK_STUCK = -14,
};

enum uchaos_workload {
	UCHAOS_PAUSE = 0,
	UCHAOS_DRAM = 1,
	UCHAOS_FLUSH = 2,
	UCHAOS_HASH_BRANCHY = 3,
	UCHAOS_RTC = 4,
};

enum uchaos_on_failure {
	UCHAOS_OBSERVE = 0,
	UCHAOS_ENFORCE = 1,
};

enum uchaos_state {
	UCHAOS_STARTING = 0,
	UCHAOS_HEALTHY = 1,
	UCHAOS_INTERMITTENT = 2,
	UCHAOS_PERMANENT = 3,
};

struct uchaos_params {
	/* what a sample times: pause, dram, flush, hash-branchy or rtc; by default dram */
	uint32_t workload;
	/* samples per 64-bit word of the stream: 1 to 7; by default 1 */
	uint32_t turns;
	/* samples that the mixer absorbs before its first word: 1 to 63; by default 7 */
	uint32_t init_turns;
	/* smallest delta that counts as a sample, in ticks: 1 to 255; by default 3 */
	uint32_t min_delta;
	/* claimed min-entropy per sample, in 1/1000 bit: 31, 62, 125, 250, 500, 1000, 2000 or 4000; by default 125 */
	uint32_t claim_millibits;
	/* whether a failed health test stops the stream: observe or enforce; by default enforce */
	uint32_t on_failure;
};

struct uchaos_health {
	/* enum uchaos_state */
	uint32_t state;
	/* enum uchaos_code of the last failure */
	int32_t last_error;
	/* samples since the last restart */
	uint64_t samples;
	/* failures of the repetition count test (SP 800-90B 4.4.1) */
	uint64_t repetition_count_failures;
	/* failures of the adaptive proportion test (SP 800-90B 4.4.2) */
	uint64_t adaptive_proportion_failures;
	/* failures of the lag predictor */
	uint64_t lag_predictor_failures;
	/* failures of the stuck test */
	uint64_t stuck_failures;
	/* samples that earn no credit towards a seed */
	uint64_t stuck_samples;
	/* backward steps of the counter */
	uint64_t backward_steps;
	/* counter reads that gave no sample */
	uint64_t repeated_reads;
	/* equal samples in a row that fail */
	uint32_t repetition_count_cutoff;
	/* samples in a window of the adaptive proportion test and the lag predictor */
	uint32_t adaptive_proportion_window;
	/* samples in a window equal to its first that fail */
	uint32_t adaptive_proportion_cutoff;
	/* correct predictions in a row that fail */
	uint32_t prediction_run_cutoff;
	/* correct predictions in a window that fail */
	uint32_t prediction_count_cutoff;
	/* claimed fresh min-entropy per bit of the stream, in 1/1000000 bit */
	uint32_t fresh_microbits_per_output_bit;
};

/* Fills in the defaults. */
void uchaos_default_params(struct uchaos_params *params);
/* UCHAOS_OK, or UCHAOS_BAD_PARAMETER and in *which (may be NULL) the index of the bad member, from 0. */
int uchaos_check_params(const struct uchaos_params *params, uint32_t *which);
/* The name of a parameter, for an error text; empty if there is no such parameter. */
const char *uchaos_param_name(uint32_t which);
/* The allowed values of a parameter, for an error text; empty if there is no such parameter. */
const char *uchaos_param_allowed(uint32_t which);
/* Bytes of memory that an engine needs, at an alignment of UCHAOS_ENGINE_ALIGN. */
size_t uchaos_engine_size(void);
/*
 * Makes an engine in place and runs the startup test. memory is the buffer of the workloads dram and flush
 * (UCHAOS_MEMORY_BYTES at least, contents lost); for the others it may be NULL with memory_len 0. Both must
 * stay valid and untouched until the last call with this engine. An engine needs no clean-up. After an error
 * there is no engine.
 */
int uchaos_engine_init(void *place, size_t place_len, const struct uchaos_params *params, uint8_t *memory,
		size_t memory_len);
/* Starts over as after init, with the startup test; the only way out of a permanent failure. */
int uchaos_engine_restart(void *engine);
/* Raw noise before any mixing: the ticks of each workload step. Refused for clock errors only. */
int uchaos_engine_raw(void *engine, uint64_t *delta_ticks, size_t samples);
/* The stream: fast, amplified, not entropy. Any length; the rest of a 64-bit word is thrown away. */
int uchaos_engine_stream(void *engine, uint8_t *out, size_t len);
/*
 * Seed material: conditioned, full entropy by account. Refused after a permanent failure, whatever on_failure
 * is.
 */
int uchaos_engine_seed(void *engine, uint8_t *out, size_t len);
/* Stirs bytes into the mixer; credits nothing. data is only read. */
int uchaos_engine_stir(void *engine, const uint8_t *data, size_t len);
/* What the health tests have counted. */
int uchaos_engine_health(const void *engine, struct uchaos_health *health);
/* A sentence for a code: static, NUL-terminated. */
const char *uchaos_error_text(int code);
/* The counter that the engine reads, now. */
uint64_t uchaos_ticks(void);

#endif
