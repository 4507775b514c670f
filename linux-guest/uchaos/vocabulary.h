/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's vocabulary for the module. Generated from crates/chaos-vocab by `UPDATE=1 cargo test -p chaos-vocab`: change
 * it there.
 */
#ifndef UCHAOS_VOCABULARY_H
#define UCHAOS_VOCABULARY_H

/* Words by number, ended by NULL. */
#define UCHAOS_STATE_WORDS { "starting", "healthy", "intermittent", "permanent", NULL }
#define UCHAOS_WORKLOAD_WORDS { "pause", "dram", "flush", "hash-branchy", "rtc", NULL }
#define UCHAOS_HEALTH_WORDS { "observe", "enforce", NULL }

/*
 * Parameters in the order of struct uchaos_params: WORD(key, words, text) for those whose value is a word,
 * NUMBER(key, report_key, text) for the others.
 */
#define UCHAOS_PARAMETERS(WORD, NUMBER) \
	WORD(workload, UCHAOS_WORKLOAD_WORDS, "what a sample times: pause, dram, flush, hash-branchy or rtc (default dram)") \
	NUMBER(turns, turns, "samples per 64-bit word of the stream: 1 to 7 (default 1)") \
	NUMBER(init_turns, init_turns, "samples that the mixer absorbs before its first word: 1 to 63 (default 7)") \
	NUMBER(min_delta, min_delta, "smallest delta that counts as a sample, in ticks: 1 to 255 (default 3)") \
	NUMBER(claim, claim_millibits, "claimed min-entropy per sample, in 1/1000 bit: 31, 62, 125, 250, 500, 1000, 2000 or 4000 (default 125)") \
	WORD(health, UCHAOS_HEALTH_WORDS, "whether a failed health test stops the stream: observe or enforce (default enforce)")

/* The members of struct uchaos_health after state and last_error. */
#define UCHAOS_HEALTH_KEYS(KEY) \
	KEY(samples) \
	KEY(repetition_count_failures) \
	KEY(adaptive_proportion_failures) \
	KEY(lag_predictor_failures) \
	KEY(stuck_failures) \
	KEY(stuck_samples) \
	KEY(backward_steps) \
	KEY(repeated_reads) \
	KEY(repetition_count_cutoff) \
	KEY(adaptive_proportion_window) \
	KEY(adaptive_proportion_cutoff) \
	KEY(prediction_run_cutoff) \
	KEY(prediction_count_cutoff) \
	KEY(fresh_microbits_per_output_bit)

#endif
