// SPDX-License-Identifier: GPL-2.0-or-later
//! Other activity of the host during a measurement: other µChaos measurements, its load, and time that a
//! hypervisor takes away. Each of them changes the timing that is measured.
//!
//! A measurement listens on a socket in the abstract namespace, which disappears with its process. One that
//! starts finds the others in /proc/net/unix and connects to each, so that both notice.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::sync::atomic::{AtomicU32, Ordering};

use entropy_report::Surroundings;

const PREFIX: &str = "uchaos-measurement-";

/// A running measurement, visible to those that start meanwhile.
#[derive(Debug)]
pub struct Watch {
    /// `None` if the host has no abstract sockets; then other measurements go unnoticed.
    listener: Option<UnixListener>,
    before_this: u32,
    load_before: f64,
    ticks_before: CpuTicks,
    called: AtomicU32,
}

impl Watch {
    /// Starts watching; prints a notice on standard error if another measurement is running.
    #[must_use]
    pub fn start() -> Self {
        let watch = Self::start_as(PREFIX);
        match watch.before_this {
            0 => {}
            1 => eprintln!(
                "== another measurement is running: each disturbs the timing of the other =="
            ),
            others => {
                eprintln!(
                    "== {others} other measurements are running: each disturbs the timing of the others =="
                );
            }
        }
        watch
    }

    fn start_as(prefix: &str) -> Self {
        let before_this = names(prefix).iter().filter(|name| call(name).is_ok()).count();
        Self {
            listener: listen(prefix).ok(),
            before_this: u32::try_from(before_this).unwrap_or(u32::MAX),
            load_before: load_1_min(),
            ticks_before: CpuTicks::now(),
            called: AtomicU32::new(0),
        }
    }

    /// The observations since the start.
    pub fn seen(&self) -> Surroundings {
        while let Some(listener) = &self.listener
            && listener.accept().is_ok()
        {
            self.called.fetch_add(1, Ordering::Relaxed);
        }
        Surroundings {
            processors: std::thread::available_parallelism().map_or(1, |count| count.get() as u32),
            load_before: self.load_before,
            load_after: load_1_min(),
            steal_percent: CpuTicks::now().steal_percent_since(self.ticks_before),
            other_measurements: self.before_this + self.called.load(Ordering::Relaxed),
        }
    }
}

fn listen(prefix: &str) -> io::Result<UnixListener> {
    for number in 0..1000 {
        let name = format!("{prefix}{}-{number}", std::process::id());
        match UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {}
            listener => {
                let listener = listener?;
                listener.set_nonblocking(true)?;
                return Ok(listener);
            }
        }
    }
    Err(ErrorKind::AddrInUse.into())
}

fn call(name: &str) -> io::Result<()> {
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?).map(drop)
}

/// Names of the sockets that listen. The kernel's table shows an abstract name with an `@` before it.
fn names(prefix: &str) -> Vec<String> {
    let table = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let mut names: Vec<String> = table
        .lines()
        .filter_map(|line| line.split_whitespace().next_back()?.strip_prefix('@'))
        .filter(|name| name.starts_with(prefix))
        .map(str::to_owned)
        .collect();
    // Connections waiting to be accepted have a line with the same name.
    names.sort();
    names.dedup();
    names
}

fn load_1_min() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

/// Time of all processors since the host started, in ticks of the kernel's clock (proc(5), /proc/stat).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct CpuTicks {
    all: u64,
    steal: u64,
}

impl CpuTicks {
    fn now() -> Self {
        Self::of(&fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    fn of(stat: &str) -> Self {
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "));
        // user, nice, system, idle, iowait, irq, softirq, steal; later fields are already included in the first two.
        let ticks = line.unwrap_or_default().split_whitespace().take(8);
        let ticks: Vec<u64> = ticks.map(|count| count.parse().unwrap_or(0)).collect();
        Self { all: ticks.iter().sum(), steal: ticks.get(7).copied().unwrap_or(0) }
    }

    fn steal_percent_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all);
        let steal = self.steal.saturating_sub(before.steal);
        if all == 0 { 0.0 } else { steal as f64 * 100.0 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_measurements_know_of_each_other_and_a_third_of_both() {
        let prefix = format!("uchaos-test-{}-", std::process::id());
        let first = Watch::start_as(&prefix);
        assert_eq!(first.seen().other_measurements, 0);
        let second = Watch::start_as(&prefix);
        assert_eq!(second.seen().other_measurements, 1);
        drop(Watch::start_as(&prefix));
        assert_eq!(first.seen().other_measurements, 2);
        assert_eq!(first.seen().other_measurements, 2, "each is counted once");
        assert_eq!(second.seen().other_measurements, 2);
        drop((first, second));
        assert_eq!(Watch::start_as(&prefix).seen().other_measurements, 0);
    }

    #[test]
    fn steal_is_a_share_of_all_time() {
        let before = CpuTicks::of("cpu  100 0 100 800 0 0 0 0 50 0\ncpu0 1 1 1 1\n");
        let after = CpuTicks::of("cpu  150 0 120 920 0 0 0 10 90 0\n");
        assert_eq!(before, CpuTicks { all: 1000, steal: 0 });
        assert!((after.steal_percent_since(before) - 5.0).abs() < 1e-9);
        assert!(before.steal_percent_since(before).abs() < 1e-9);
        assert_eq!(CpuTicks::of(""), CpuTicks::default());
    }
}
