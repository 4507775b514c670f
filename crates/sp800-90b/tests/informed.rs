// SPDX-License-Identifier: MIT OR Apache-2.0
//! The informed assessment against sources whose predictability is known.

use proptest::prelude::*;
use sp800_90b::informed::{InformedAssessment, InformedError, Knowledge, assess};
use sp800_90b::{Symbols, Track};

const SAMPLES: usize = 100_000;

/// Even numbers below `sides`.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |sides| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        ((u128::from(x.wrapping_mul(0x2545_F491_4F6C_DD1D)) * u128::from(sides)) >> 64) as u64
    }
}

fn of_ticks(deltas: &[u64]) -> InformedAssessment {
    let known = Knowledge::of_ticks(deltas, 8).expect("8 bits are a symbol");
    assess(&known).expect("there are enough samples")
}

/// Whether a hit rate is one of a predictor whose chance to be right is `p`, within 5 standard deviations.
fn is_rate(result: &InformedAssessment, p: f64) -> bool {
    let deviation = (p * (1.0 - p) / result.trials as f64).sqrt();
    (result.best.hit_rate - p).abs() < 5.0 * deviation
}

fn hit_rate(result: &InformedAssessment, predictor: &str) -> f64 {
    let found = result.predictors.iter().find(|score| score.predictor == predictor);
    found.unwrap_or_else(|| panic!("no predictor {predictor:?}")).hit_rate
}

/// A counter that shows a function of the number of the reading.
fn counter(value: impl Fn(u64) -> u64) -> Vec<u64> {
    (0..SAMPLES as u64).map(|n| value(n + 1).wrapping_sub(value(n))).collect()
}

#[test]
fn clocks_that_follow_a_rule_have_nothing_left() {
    let mut fibonacci = vec![1_u64, 2];
    for at in 2..SAMPLES {
        fibonacci.push(fibonacci[at - 1].wrapping_add(fibonacci[at - 2]));
    }
    let clocks = [
        ("constant", vec![100; SAMPLES]),
        ("period 33", (0..SAMPLES as u64).map(|n| 100 + (n % 33).pow(2)).collect()),
        ("period 5,003", (0..SAMPLES as u64).map(|n| n % 5_003 * 7_919 % 251).collect()),
        ("coarse", (0..SAMPLES as u64).map(|n| u64::from(n % 7 == 0) * 100).collect()),
        ("ramp", (0..SAMPLES as u64).map(|n| 100 + 3 * n).collect()),
        ("square", counter(|n| 3 * n * n + 50 * n)),
        ("cubic", counter(|n| n.wrapping_pow(3))),
        ("fourth power", counter(|n| n.wrapping_pow(4))),
        ("Fibonacci", fibonacci),
        ("two rules", (0..SAMPLES as u64).map(|n| 40 * n + n % 5 * n % 5).collect()),
    ];
    for (name, deltas) in clocks {
        let result = of_ticks(&deltas);
        // 10 in 50,000 may be missed: where a period or the counter wraps, or a rule is still being learnt.
        assert!(result.best.hits + 10 >= result.trials, "{name}: {}", result.verdict);
        assert!(result.min_entropy_bits_per_sample < 0.001, "{name}: {}", result.verdict);
    }
}

#[test]
fn hashed_low_bits_are_found_by_someone_who_knows_the_hash() {
    // The counter's low 6 bits are a hash of the number of the reading: known to anyone with the program.
    let hash = |n: u64| {
        let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB) >> 58
    };
    let deltas = counter(|n| n * 192 + hash(n));
    let blind = of_ticks(&deltas);
    assert!(blind.min_entropy_bits_per_sample > 4.5, "{}", blind.verdict);
    let ninety = sp800_90b::assess(&sp800_90b::symbols::from_ticks(&deltas).symbols, Track::NonIid);
    assert!(ninety.unwrap().min_entropy_bits_per_sample.unwrap() > 3.0);
    let known = (0..SAMPLES as u64).map(|n| hash(n + 1).wrapping_sub(hash(n)) & 0xFF).collect();
    let knowledge = Knowledge::of_ticks(&deltas, 8).unwrap().with_column("hash", known).unwrap();
    let informed = assess(&knowledge).unwrap();
    assert!(informed.min_entropy_bits_per_sample < 0.001, "{}", informed.verdict);
}

#[test]
fn a_biased_clock_is_guessed_as_often_as_its_bias_allows() {
    for (once_in, seed) in [(4, 1), (100, 2)] {
        let mut dice = dice(seed);
        let deltas: Vec<u64> = (0..SAMPLES).map(|_| 100 + u64::from(dice(once_in) == 0)).collect();
        let result = of_ticks(&deltas);
        let p = 1.0 - 1.0 / once_in as f64;
        assert!(is_rate(&result, p), "{}", result.verdict);
        assert!(result.min_entropy_bits_per_sample < -p.log2());
    }
}

#[test]
fn nothing_is_found_in_uniform_noise() {
    for bits in [1_u8, 3, 8] {
        let mut dice = dice(u64::from(bits));
        let raw: Vec<u8> = (0..SAMPLES).map(|_| dice(1 << bits) as u8).collect();
        let column = (0..SAMPLES).map(|_| dice(9)).collect();
        let boot = Symbols::new((0..SAMPLES).map(|_| dice(1 << bits) as u8).collect(), bits);
        let knowledge = Knowledge::of_symbols(Symbols::new(raw, bits).unwrap())
            .with_column("unrelated", column)
            .unwrap()
            .with_boot_symbols("other boot", &boot.unwrap())
            .with_windows(&[64, 512]);
        let result = assess(&knowledge).unwrap();
        let p = (-f64::from(bits)).exp2();
        // The best of m predictors lies about 3 deviations above the rest, and the bound 4 above that.
        let allowed = p + 10.0 * (p * (1.0 - p) / result.trials as f64).sqrt();
        assert!(result.best.hit_rate_bound < allowed, "{bits}: {}", result.verdict);
        assert!(result.min_entropy_bits_per_sample <= f64::from(bits));
    }
}

#[test]
fn a_markov_source_is_guessed_as_well_as_is_possible() {
    // From each of 8 states one of the 8 next has probability 0.6, and the others share the rest.
    let mut dice = dice(7);
    let mut state = 0;
    let raw: Vec<u8> = (0..SAMPLES)
        .map(|_| {
            let likely = (state * 3 + 1) % 8;
            state = if dice(1_000) < 600 { likely } else { (likely + 1 + dice(7)) % 8 };
            state as u8
        })
        .collect();
    let result = assess(&Knowledge::of_symbols(Symbols::new(raw, 3).unwrap())).unwrap();
    assert!(is_rate(&result, 0.6), "{}", result.verdict);
    assert!(hit_rate(&result, "order 0: the most common symbol") < 0.16);
    let h = result.min_entropy_bits_per_sample;
    assert!((0.70..-0.6_f64.log2()).contains(&h), "{h}");
}

/// The step `hash` of old: 32 rounds of the mixer over the counter; a round whose state has four bits clear takes a
/// slower way.
mod hash_step {
    const START: u64 = 0x243F_6A88_85A3_08D3;
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    const FOLD: u64 = 0xB7E1_5162_8AED_2A6B;
    const TWIST: u64 = 0xBB67_AE85_84CA_A73B;

    /// How many rounds take the slower way for an argument.
    pub(super) fn rare_branches(argument: u64) -> u64 {
        let (mut state, mut rare) = (START, 0);
        for round in 0..32 {
            state = (state ^ argument ^ round).wrapping_mul(SPREAD);
            state ^= state >> 32;
            if state & 0xF == 0 {
                rare += 1;
                let turned = state.rotate_left((state >> 58) as u32) ^ FOLD;
                state = turned;
                if turned & 0x1F != 0 {
                    state = turned.wrapping_mul(TWIST);
                    state ^= state >> 31;
                }
            }
            state = state.rotate_left(23);
        }
        rare
    }
}

#[test]
fn the_old_hash_step_is_seen_through_with_its_branches_and_not_without() {
    // Each branch costs about 24 ticks; one sample in 5 is 1 or 2 steps of 24 longer at random.
    let mut dice = dice(11);
    let (mut now, mut deltas, mut branches) = (1 << 40, Vec::new(), Vec::new());
    for _ in 0..4 * SAMPLES {
        let rare = hash_step::rare_branches(now);
        let noise = if dice(100) < 80 { 0 } else { 1 + dice(2) };
        let delta = 24 * (8 + rare + noise);
        now += delta;
        branches.push(rare);
        deltas.push(delta);
    }
    let blind = of_ticks(&deltas);
    // Two rare branches of 32 at 1/16 each, as often as binomials have it, and the noise on top.
    let two = 32.0 * 31.0 / 2.0 * (15.0_f64 / 16.0).powi(30) / 256.0;
    assert!(blind.best.hit_rate < two, "{}", blind.verdict);
    assert!(blind.min_entropy_bits_per_sample > 1.8, "{}", blind.verdict);
    let knowledge =
        Knowledge::of_ticks(&deltas, 8).unwrap().with_column("rare branches", branches).unwrap();
    let informed = assess(&knowledge).unwrap();
    assert!(is_rate(&informed, 0.8), "{}", informed.verdict);
    assert!(informed.min_entropy_bits_per_sample < -0.8_f64.log2());
    let ninety = sp800_90b::assess(&sp800_90b::symbols::from_ticks(&deltas).symbols, Track::NonIid);
    let ninety = ninety.unwrap().min_entropy_bits_per_sample.unwrap();
    assert!(ninety > 4.0 * informed.min_entropy_bits_per_sample, "SP 800-90B: {ninety}");
}

/// 100,000 samples of the old `hash` step as it ran on a host, timed alone; recorded with the branches that its argument
/// makes it take.
#[test]
fn a_real_capture_of_the_old_hash_step_is_seen_through() {
    let pairs = include_bytes!("data/hash_step.bin");
    let (samples, _) = pairs.as_chunks::<3>();
    let deltas: Vec<u64> =
        samples.iter().map(|s| u64::from(u16::from_le_bytes([s[0], s[1]]))).collect();
    let column = |part: fn(u8) -> u8| samples.iter().map(|s| u64::from(part(s[2]))).collect();
    let blind = of_ticks(&deltas);
    assert!(blind.min_entropy_bits_per_sample > 1.8, "{}", blind.verdict);
    let knowledge = Knowledge::of_ticks(&deltas, 8)
        .unwrap()
        .with_column("rare branches", column(|both| both >> 4))
        .unwrap()
        .with_column("rare branches with a round more", column(|both| both & 15))
        .unwrap();
    let informed = assess(&knowledge).unwrap();
    assert!(informed.best.predictor.contains("rare branches"), "{}", informed.verdict);
    assert!(informed.best.hit_rate > 2.5 * blind.best.hit_rate, "{}", informed.verdict);
}

#[test]
fn positions_periods_and_other_boots_are_used() {
    let mut dice = dice(13);
    // Positions 505 to 511 of 512 hold one value each nearly always; the rest is even.
    let mut raw: Vec<u8> = (0..2 * SAMPLES).map(|_| dice(16) as u8).collect();
    for at in (0..raw.len()).filter(|at| at % 512 >= 505) {
        if dice(10) > 0 {
            raw[at] = (at % 16) as u8;
        }
    }
    let symbols = Symbols::new(raw.clone(), 4).unwrap();
    let result = assess(&Knowledge::of_symbols(symbols.clone())).unwrap();
    let plain = hit_rate(&result, "order 0: the most common symbol");
    assert!(hit_rate(&result, "position modulo 512") > plain + 0.006);
    // A boot that repeats this one, 77 samples late, with one sample in ten changed.
    let late: Vec<u8> = (0..2 * SAMPLES)
        .map(|at| if at < 77 || dice(10) == 0 { dice(16) as u8 } else { raw[at - 77] })
        .collect();
    let knowledge =
        Knowledge::of_symbols(symbols).with_boot_symbols("boot 2", &Symbols::new(late, 4).unwrap());
    let result = assess(&knowledge).unwrap();
    assert!(hit_rate(&result, "boot 2, +77 samples") > 0.9, "{}", result.verdict);
    assert!(result.best.hit_rate > 0.9);
}

#[test]
fn two_boots_that_are_alike_leave_nothing() {
    let mut dice = dice(17);
    let deltas: Vec<u64> = (0..SAMPLES).map(|_| 500 + dice(64)).collect();
    let knowledge = Knowledge::of_ticks(&deltas, 8).unwrap().with_boot_ticks("boot 2", &deltas);
    let result = assess(&knowledge).unwrap();
    assert!(result.min_entropy_bits_per_sample < 0.001, "{}", result.verdict);
}

#[test]
fn unusable_input_is_named() {
    let knowledge = Knowledge::of_ticks(&[1; 100], 8).unwrap();
    assert_eq!(assess(&knowledge), Err(InformedError::TooFew { samples: 100 }));
    let error = knowledge.with_column("phase", vec![0; 99]).unwrap_err();
    assert!(error.to_string().contains("column `phase` has 99 values for 100 samples"), "{error}");
    assert!(Knowledge::of_ticks(&[1; 100], 9).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_input_gives_the_same_figure_twice_within_its_limits(
        bits in 1_u8..=8,
        len in 1_000_usize..3_000,
        seed in any::<u64>(),
        spread in 1_u64..100_000,
    ) {
        let mut dice = dice(seed);
        let deltas: Vec<u64> = (0..len).map(|_| 50 + dice(spread)).collect();
        let column: Vec<u64> = (0..len).map(|_| dice(spread)).collect();
        let knowledge = Knowledge::of_ticks(&deltas, bits)
            .unwrap()
            .with_column("column", column)
            .unwrap()
            .with_boot_ticks("boot", &deltas[..len / 3])
            .with_windows(&[0, 1, 7, len, 10 * len]);
        let result = assess(&knowledge).unwrap();
        let h = result.min_entropy_bits_per_sample;
        prop_assert!((0.0..=f64::from(bits)).contains(&h), "{h}");
        prop_assert!(result.predictors.iter().all(|score| score.hits <= result.best.hits));
        prop_assert_eq!(&result, &assess(&knowledge).unwrap());
    }
}
