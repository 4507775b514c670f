// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which lags and lengths are worth a predictor: a look at the training half that costs little per candidate.

/// Lags and lengths that are looked at.
pub(super) const LONGEST: usize = 4_096;
/// Shifts by which another boot may run ahead or behind.
const SHIFTS: isize = 4_096;
/// Samples that decide on a shift.
const SHIFT_WINDOW: usize = 1 << 16;
/// Samples that decide on a length of time.
const ELAPSED_WINDOW: usize = 1 << 16;
/// Lengths of time that are looked at, in steps of the counter.
const LONGEST_ELAPSED: u64 = 1_024;
/// The commonest symbols are looked at one by one.
const INDICATORS: usize = 3;

/// The lags at which most samples repeat, the best first.
pub(super) fn lags(training: &[u8], wanted: usize) -> Vec<usize> {
    let longest = LONGEST.min(training.len() / 4);
    let share = |lag: usize| {
        let pairs = training.len() - lag;
        equal(&training[lag..], &training[..pairs]) as f64 / pairs as f64
    };
    best((1..=longest).map(|lag| (share(lag), lag)), wanted)
}

/// The lengths `m` for which the position modulo `m` says most about the samples, the best first.
pub(super) fn lengths(training: &[u8], wanted: usize) -> Vec<usize> {
    let longest = LONGEST.min(training.len() / 16);
    let indicators = indicators(training);
    let score = |length: usize| {
        indicators.iter().map(|indicator| fold(indicator, length)).fold(0.0, f64::max)
    };
    best((2..=longest).map(|length| (score(length), length)), wanted)
}

/// The lengths of time `m` for which the time elapsed modulo `m` says most about the samples, the best first.
/// `elapsed` is the time before each sample.
pub(super) fn elapsed_lengths(elapsed: &[u64], training: &[u8], wanted: usize) -> Vec<u64> {
    let window = ELAPSED_WINDOW.min(training.len());
    let indicators = indicators(&training[..window]);
    let score = |length: u64| {
        let mut score = 0.0_f64;
        let (mut ones, mut all) = (vec![0_u32; length as usize], vec![0_u32; length as usize]);
        for indicator in &indicators {
            ones.fill(0);
            all.fill(0);
            for (&time, &bit) in elapsed.iter().zip(indicator) {
                let phase = (time % length) as usize;
                all[phase] += 1;
                ones[phase] += u32::from(bit);
            }
            score = score.max(homogeneity(&ones, &all));
        }
        score
    };
    best(
        (2..=LONGEST_ELAPSED.min(window as u64 / 16)).map(|length| (score(length), length)),
        wanted,
    )
}

/// By how many samples another boot lies ahead, so that most of its samples are the same as these: sample `i` here is
/// sample `i + shift` there.
pub(super) fn shift(training: &[u8], other: &[u8]) -> isize {
    let share = |shift: isize| {
        let there = other.get(shift.max(0) as usize..).unwrap_or(&[]);
        let here = training.get((-shift).max(0) as usize..).unwrap_or(&[]);
        let pairs = here.len().min(there.len()).min(SHIFT_WINDOW);
        // A short overlap agrees by chance.
        if pairs < SHIFT_WINDOW.min(training.len() / 2) {
            return 0.0;
        }
        equal(&here[..pairs], &there[..pairs]) as f64 / pairs as f64
    };
    (-SHIFTS..=SHIFTS)
        .map(|by| (share(by), by))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.abs().cmp(&a.1.abs())))
        .map_or(0, |(_, by)| by)
}

fn best<T: Ord + Copy>(scored: impl Iterator<Item = (f64, T)>, wanted: usize) -> Vec<T> {
    let mut all: Vec<(f64, T)> = scored.collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    all.into_iter().take(wanted).map(|(_, candidate)| candidate).collect()
}

/// How many symbols of two slices of one length are equal; in blocks whose count fits a byte, so that it vectorises.
fn equal(a: &[u8], b: &[u8]) -> u64 {
    const BLOCK: usize = 192;
    let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks::<BLOCK>(), b.as_chunks::<BLOCK>());
    let mut count = 0;
    for (a, b) in whole_a.iter().zip(whole_b) {
        let mut equal = 0_u8;
        for at in 0..BLOCK {
            equal = equal.wrapping_add(u8::from(a[at] == b[at]));
        }
        count += u64::from(equal);
    }
    count + rest_a.iter().zip(rest_b).filter(|(a, b)| a == b).count() as u64
}

/// Where each of the commonest symbols is; and where a symbol is in the upper half.
fn indicators(symbols: &[u8]) -> Vec<Vec<u8>> {
    let mut counts = [0_usize; 256];
    symbols.iter().for_each(|&symbol| counts[usize::from(symbol)] += 1);
    let mut common: Vec<u8> = (0..=255).filter(|&symbol| counts[usize::from(symbol)] > 0).collect();
    common.sort_by_key(|&symbol| (std::cmp::Reverse(counts[usize::from(symbol)]), symbol));
    let mut below = 0;
    let middle = (0..=255_u8)
        .find(|&symbol| {
            below += counts[usize::from(symbol)];
            below * 2 >= symbols.len()
        })
        .unwrap_or(0);
    let upper = symbols.iter().map(|&symbol| u8::from(symbol > middle)).collect();
    let one = |&common: &u8| symbols.iter().map(|&symbol| u8::from(symbol == common)).collect();
    common.iter().take(INDICATORS).map(one).chain([upper]).collect()
}

/// How unevenly an indicator lies over the positions modulo `length`.
fn fold(indicator: &[u8], length: usize) -> f64 {
    let mut ones = vec![0_u32; length];
    // 255 periods fit a byte per position; whole bytes are what vectorises.
    let mut part = vec![0_u8; length];
    let whole = indicator.len() - indicator.len() % length;
    for periods in indicator[..whole].chunks(255 * length) {
        part.fill(0);
        for period in periods.chunks_exact(length) {
            part.iter_mut().zip(period).for_each(|(sum, bit)| *sum = sum.wrapping_add(*bit));
        }
        ones.iter_mut().zip(&part).for_each(|(sum, &part)| *sum += u32::from(part));
    }
    homogeneity(&ones, &vec![(whole / length) as u32; length])
}

/// A chi-square statistic of equal shares, as standard deviations from what chance gives (its mean is the degrees of
/// freedom, and its variance twice that).
fn homogeneity(ones: &[u32], all: &[u32]) -> f64 {
    let total: f64 = all.iter().map(|&count| f64::from(count)).sum();
    let p = ones.iter().map(|&count| f64::from(count)).sum::<f64>() / total.max(1.0);
    if p <= 0.0 || p >= 1.0 {
        return 0.0;
    }
    let (mut statistic, mut cells) = (0.0, 0.0_f64);
    for (&ones, &all) in ones.iter().zip(all).filter(|&(_, &all)| all > 0) {
        let all = f64::from(all);
        statistic += (f64::from(ones) - all * p).powi(2) / (all * p * (1.0 - p));
        cells += 1.0;
    }
    let degrees = (cells - 1.0).max(1.0);
    (statistic - degrees) / (2.0 * degrees).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise;

    fn noise(len: usize, seed: u64) -> Vec<u8> {
        test_noise::symbols(3, seed).take(len).collect()
    }

    #[test]
    fn two_positions_of_512_are_found() {
        let mut symbols = noise(300_000, 1);
        for at in (0..symbols.len()).filter(|at| [505, 506].contains(&(at % 512)) && at % 3 > 0) {
            symbols[at] = 2;
        }
        assert_eq!(lengths(&symbols, 1), [512]);
    }

    #[test]
    fn a_weak_echo_is_found() {
        let mut symbols = noise(300_000, 2);
        for at in (1_777..symbols.len()).filter(|at| at % 20 == 0) {
            symbols[at] = symbols[at - 1_777];
        }
        assert_eq!(lags(&symbols, 1), [1_777]);
    }

    #[test]
    fn a_boot_that_runs_behind_is_aligned() {
        let other = noise(200_000, 3);
        assert_eq!(shift(&other[70..], &other), 70);
        assert_eq!(shift(&other, &other[1_000..]), -1_000);
        assert_eq!(shift(&other, &other), 0);
    }

    #[test]
    fn a_phase_of_elapsed_time_is_found() {
        let steps = noise(100_000, 4);
        let mut elapsed = vec![0_u64];
        let mut symbols = Vec::new();
        for step in steps {
            let now = elapsed[elapsed.len() - 1];
            symbols.push(step | u8::from(now % 49 < 7) << 3);
            elapsed.push(now + 3 + u64::from(step));
        }
        assert_eq!(elapsed_lengths(&elapsed, &symbols, 1), [49]);
    }
}
