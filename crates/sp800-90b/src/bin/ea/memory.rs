// SPDX-License-Identifier: MIT OR Apache-2.0
//! An estimate of the memory that a command needs, before it begins.

use anyhow::ensure;
use sp800_90b::input::{Format, Plan};
use sp800_90b::{Track, informed, memory_needed};

/// The library states memory in the same unit.
const MB: u64 = 1_000_000;

/// What is done with the samples.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    Assess(Track),
    Informed,
}

impl From<Track> for Work {
    fn from(track: Track) -> Self {
        Self::Assess(track)
    }
}

impl Work {
    fn needed_bytes(self, samples: usize, bits: u8) -> u64 {
        match self {
            Self::Assess(track) => memory_needed(samples, bits, track),
            Self::Informed => informed::memory_needed(samples),
        }
    }
}

/// Bytes that this work takes on a file: the samples as they are read, and what the library needs for them.
fn needed_bytes(len_bytes: u64, plan: &Plan, work: Work) -> u64 {
    let bits = u64::from(plan.symbol_bits().unwrap_or(8));
    let samples = match plan.format {
        Format::Bytes | Format::BitText => len_bytes,
        Format::Words { len_bytes: each, .. } => len_bytes / each as u64,
        // A digit and a line end at least.
        Format::Numbers { .. } => len_bytes / 2,
        Format::Packed => len_bytes.saturating_mul(8) / bits,
    };
    let samples = samples.saturating_sub(plan.from).min(plan.count.unwrap_or(u64::MAX));
    let values = if plan.format.is_wide() { 8 } else { 0 };
    let symbols = samples.saturating_mul(2 + values);
    let count = usize::try_from(samples).unwrap_or(usize::MAX >> 16);
    symbols.saturating_add(work.needed_bytes(count.min(usize::MAX >> 16), bits as u8))
}

/// Compares what is needed with what there is.
///
/// # Errors
/// Returns an error if the estimate is above the memory that this process may use.
pub(crate) fn check(len_bytes: u64, plan: &Plan, work: Work) -> anyhow::Result<()> {
    let Some(available) = available_bytes() else { return Ok(()) };
    let needed = needed_bytes(len_bytes, plan, work);
    ensure!(
        needed <= available,
        "{len_bytes} bytes of samples need about {} MB of memory, and {} MB are available; assess a part with --from \
         and --count, take --quick (an upper bound in little memory), or add --force to try nevertheless",
        needed.div_ceil(MB),
        available / MB
    );
    Ok(())
}

/// How many files of this length may be worked on at the same time; at least one.
pub(crate) fn jobs(len_bytes: u64, plan: &Plan, work: Work) -> usize {
    let needed = needed_bytes(len_bytes, plan, work).max(1);
    let jobs = available_bytes().map_or(u64::MAX, |available| available / needed);
    usize::try_from(jobs.max(1)).unwrap_or(usize::MAX)
}

/// The smallest of the machine's available memory, the limit of the address space and the limit of the control group.
fn available_bytes() -> Option<u64> {
    let free = field("/proc/meminfo", "MemAvailable:").map(|kib| kib << 10);
    let address_space = field("/proc/self/limits", "Max address space");
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    [free, address_space, group].into_iter().flatten().min()
}

/// The first number after a name; nothing where it is `unlimited`.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line[name.len()..].split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NON_IID: Work = Work::Assess(Track::NonIid);

    #[test]
    fn the_estimate_grows_with_what_is_done() {
        let bytes = Plan::new(Format::Bytes);
        let all = needed_bytes(1_000_000, &bytes, NON_IID);
        assert!((10 << 20..200 << 20).contains(&all), "{all}");
        assert!(needed_bytes(1_000_000, &bytes, Work::Assess(Track::Quick)) < all / 2);
        assert!(needed_bytes(1_000_000, &bytes, Work::Informed) > 80 * MB);
        let slice = Plan { count: Some(1000), ..bytes.clone() };
        assert_eq!(needed_bytes(1 << 40, &slice, NON_IID), needed_bytes(1000, &bytes, NON_IID));
        let packed = Plan { bits: Some(1), ..Plan::new(Format::Packed) };
        let unpacked = Plan { bits: Some(1), ..Plan::new(Format::Bytes) };
        assert_eq!(needed_bytes(1000, &packed, NON_IID), needed_bytes(8000, &unpacked, NON_IID));
        let error = check(1 << 50, &bytes, NON_IID).unwrap_err().to_string();
        assert!(error.contains(" MB of memory") && error.contains("--count"), "{error}");
    }
}
