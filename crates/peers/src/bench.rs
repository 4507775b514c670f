// SPDX-License-Identifier: GPL-2.0-or-later
//! The measurement: our program and each peer in turn, each time in a new process, so that changes on the host affect
//! all equally.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chaos_wire::{Job, Jobs, Params, Request, Target, Targets};
use entropy_report::{RestartMatrix, TakenRun};
use guest_run::process::{self, Finished, OnInterrupt, Wiring};
use guest_run::{ExitKind, Images};
use indicatif::ProgressBar;
use measure::boot::read_capture;
use measure::host;
use measure::starts::Shape;
use measure::taken::{self, BootFacts};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::answer;
use crate::peer::{About, Peer, Question};
use crate::source::Description;

/// A process that takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(600);
/// Bytes of our output: enough for a second or more, as for the others.
const OUR_OUTPUT_BYTES: u64 = 256 << 10;

/// The amounts to measure.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub rounds: u32,
    /// Raw samples of each source in each round.
    pub samples: u64,
    /// Starts of the process, and samples of each.
    pub restarts: Shape,
    /// The divisor of the bytes of output.
    pub output_divisor: u64,
}

#[derive(Debug)]
pub struct Bench<'a> {
    pub images: &'a Images,
    pub params: Params,
    /// Jitterentropy's library, from [`crate::prepare`].
    pub library: &'a Path,
    /// This program, whose command `peers` passes a [`Question`] to [`crate::answer()`].
    pub program: &'a Path,
    /// Where it is started.
    pub folder: &'a Path,
    /// Folder for the processes' answers.
    pub scratch: &'a Path,
    pub plan: Plan,
}

/// The time that a process took, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub wall_s: f64,
    /// User and system time.
    pub cpu_s: f64,
}

/// The results of one source.
#[derive(Debug)]
pub struct Measured {
    pub name: &'static str,
    /// Why it was not measured, if it was not.
    pub description: Result<Description, String>,
    /// Raw noise of each round; the first round includes the restart matrix.
    pub raw: Vec<TakenRun>,
    pub raw_costs: Vec<Cost>,
    pub output_bytes: u64,
    pub output_costs: Vec<Cost>,
}

impl Bench<'_> {
    /// Measures everything. Ours is the first, and each peer has an entry even if it is not on this machine.
    ///
    /// # Errors
    /// Returns an error if a process fails although its source could be opened before, or is interrupted.
    pub fn take(&self, bar: &ProgressBar) -> Result<Vec<Measured>> {
        let mut all = vec![Entrant { peer: None, measured: self.ours() }];
        for peer in Peer::ALL {
            all.push(Entrant { peer: Some(peer), measured: self.find(peer)? });
        }
        let starts = self.starts(&all, bar)?;
        for round in 1..=self.plan.rounds {
            for entrant in all.iter_mut().filter(|entrant| entrant.measured.description.is_ok()) {
                bar.set_prefix(format!(
                    "round {round}/{}: {}",
                    self.plan.rounds, entrant.measured.name
                ));
                if entrant.has_raw() {
                    let (run, cost) = self.raw(entrant.peer, self.plan.samples, round)?;
                    entrant.measured.raw.push(run);
                    entrant.measured.raw_costs.push(cost);
                }
                let cost = self.output(entrant.peer, entrant.measured.output_bytes)?;
                entrant.measured.output_costs.push(cost);
            }
        }
        let with_raw = all.iter_mut().filter_map(|entrant| entrant.measured.raw.first_mut());
        with_raw.zip(starts).for_each(|(run, matrix)| run.starts = Some(matrix));
        Ok(all.into_iter().map(|entrant| entrant.measured).collect())
    }

    /// The command of each question about raw noise, and of ours.
    ///
    /// # Errors
    /// Returns an error if there is no Linux guest, whose program is measured.
    pub fn commands(&self) -> Result<Vec<String>> {
        let samples = self.plan.samples;
        let request = self.request(Job::Raw { samples });
        let ours = host::command(self.images, &request, &self.scratch.join("host-user.capture"))?;
        let peers =
            Peer::ALL.map(|peer| self.question(Question { peer, about: About::Raw { samples } }));
        Ok(std::iter::once(ours).chain(peers).map(|command| guest_run::quoted(&command)).collect())
    }

    fn request(&self, job: Job) -> Request {
        let mut jobs = Jobs::EMPTY;
        let _ = jobs.push(job);
        let targets = Targets::EMPTY.with(Target::HostUser);
        Request { jobs, targets, params: self.params, ..Request::default() }
    }

    fn ours(&self) -> Measured {
        let claim = f64::from(self.params.claim_millibits) / 1_000.0;
        let description = Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            claim: format!(
                "{claim} bit per sample, given by --claim; its seeds are full entropy by that claim"
            ),
            claim_bits_per_sample: Some(claim),
            no_raw: None,
        };
        self.empty("host-user", Ok(description), OUR_OUTPUT_BYTES)
    }

    /// Queries a peer's description.
    fn find(&self, peer: Peer) -> Result<Measured> {
        let file = self.answer_file();
        let finished = run(self.question(Question { peer, about: About::Itself }))?.0;
        let description = if finished.status.success() {
            Ok(answer::description(&file)?)
        } else {
            Err(reason(&finished))
        };
        Ok(self.empty(peer.name(), description, peer.output_bytes()))
    }

    fn empty(
        &self,
        name: &'static str,
        description: Result<Description, String>,
        output_bytes: u64,
    ) -> Measured {
        let (raw, raw_costs, output_costs) = (Vec::new(), Vec::new(), Vec::new());
        let output_bytes = (output_bytes / self.plan.output_divisor).max(1);
        Measured { name, description, raw, raw_costs, output_bytes, output_costs }
    }

    /// The restart matrix of each source with raw noise: all sources start once for each row.
    fn starts(&self, all: &[Entrant], bar: &ProgressBar) -> Result<Vec<RestartMatrix>> {
        let sources: Vec<Option<Peer>> =
            all.iter().filter(|entrant| entrant.has_raw()).map(|entrant| entrant.peer).collect();
        let Shape { rows, columns } = self.plan.restarts;
        let empty = RestartMatrix {
            rows: rows as usize,
            columns: columns as usize,
            delta_ticks: Vec::new(),
        };
        let mut matrices = vec![empty; sources.len()];
        for row in 1..=rows {
            bar.set_prefix(format!("{row}/{rows} starts of each"));
            for (source, matrix) in sources.iter().zip(&mut matrices) {
                matrix.delta_ticks.extend(self.raw(*source, columns.into(), row)?.0.raw);
            }
        }
        Ok(matrices)
    }

    /// Raw noise of one process.
    fn raw(&self, peer: Option<Peer>, samples: u64, number: u32) -> Result<(TakenRun, Cost)> {
        let Some(peer) = peer else {
            let (run, cost) = self.our_job(Job::Raw { samples }, number)?;
            return Ok((run, cost));
        };
        let command = self.question(Question { peer, about: About::Raw { samples } });
        let shown = guest_run::quoted(&command);
        let cost = succeed(command)?;
        let raw = answer::samples(&self.answer_file(), samples)?;
        let run = TakenRun {
            target: peer.name().to_owned(),
            accel: "host".to_owned(),
            boot: number,
            raw,
            command: shown,
            ..TakenRun::default()
        };
        Ok((run, cost))
    }

    fn output(&self, peer: Option<Peer>, bytes: u64) -> Result<Cost> {
        let Some(peer) = peer else {
            return Ok(self.our_job(Job::Seed { len_bytes: bytes }, 1)?.1);
        };
        let cost = succeed(self.question(Question { peer, about: About::Output { bytes } }))?;
        answer::expect_output(&self.answer_file(), bytes)?;
        Ok(cost)
    }

    /// One job of `uchaosbox`.
    fn our_job(&self, job: Job, number: u32) -> Result<(TakenRun, Cost)> {
        let request = self.request(job);
        let capture = self.scratch.join("host-user.capture");
        let command = host::command(self.images, &request, &capture)?;
        let facts = BootFacts {
            accel: "host".to_owned(),
            isolated: false,
            boot: number,
            command: guest_run::quoted(&command),
        };
        let (finished, cost) = run(command)?;
        let lines = finished.lines();
        expect_success(&facts.command, &finished)?;
        let mut runs = taken::from_capture(read_capture(&capture)?, &lines, &facts);
        let Some(run) = runs.pop() else { bail!("the capture of host-user holds no target") };
        Ok((run, cost))
    }

    /// This program as a command that queries a peer.
    fn question(&self, question: Question) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(["peers", "--question", &question.to_string(), "--library"])
            .arg(self.library)
            .arg("--into")
            .arg(self.answer_file())
            .current_dir(self.folder);
        command
    }

    fn answer_file(&self) -> PathBuf {
        self.scratch.join("answer")
    }
}

struct Entrant {
    /// `None` is our program.
    peer: Option<Peer>,
    measured: Measured,
}

impl Entrant {
    fn has_raw(&self) -> bool {
        self.measured.description.as_ref().is_ok_and(|description| description.no_raw.is_none())
    }
}

/// Runs a process to its end, and measures its time. Nothing else is started meanwhile.
fn run(command: Command) -> Result<(Finished, Cost)> {
    let (cpu_before, begun) = (cpu_of_children_s()?, Instant::now());
    let finished = process::run(command, Wiring::OnePipe, Some(DEADLINE), OnInterrupt::Kill)?;
    let wall_s = begun.elapsed().as_secs_f64();
    Ok((finished, Cost { wall_s, cpu_s: cpu_of_children_s()? - cpu_before }))
}

fn succeed(command: Command) -> Result<Cost> {
    let shown = guest_run::quoted(&command);
    let (finished, cost) = run(command)?;
    expect_success(&shown, &finished)?;
    Ok(cost)
}

fn expect_success(command: &str, finished: &Finished) -> Result<()> {
    if finished.status.success() {
        return Ok(());
    }
    let text =
        format!("`{command}` failed ({}); it printed:\n{}", finished.status, finished.text());
    Err(ExitKind::Guest(text).into())
}

/// Why a peer could not be opened: its process's last line, or how it ended.
fn reason(finished: &Finished) -> String {
    let text = finished.text();
    let last = text.lines().rev().find_map(|line| line.strip_prefix("error: "));
    last.map_or_else(
        || format!("its process ended with {}: {}", finished.status, text.trim()),
        str::to_owned,
    )
}

/// User and system time of all child processes that were waited for.
fn cpu_of_children_s() -> Result<f64> {
    let usage =
        getrusage(UsageWho::RUSAGE_CHILDREN).context("reading the CPU time of processes")?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(microseconds as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_process_that_works_costs_cpu_time_and_one_that_waits_costs_none() {
        let (_, waits) = run(sh("sleep 0.3")).unwrap();
        assert!(waits.wall_s >= 0.3 && waits.cpu_s < 0.2, "{waits:?}");
        let (_, works) = run(sh("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")).unwrap();
        assert!(works.cpu_s > waits.cpu_s && works.cpu_s > 0.01, "{works:?}");
    }

    #[test]
    fn the_reason_is_the_error_or_how_the_process_ended() {
        let (said, _) = run(sh("echo note; echo 'error: no library'; exit 5")).unwrap();
        assert_eq!(reason(&said), "no library");
        let (crashed, _) = run(sh("kill -SEGV $$")).unwrap();
        assert!(reason(&crashed).contains("signal: 11"), "{}", reason(&crashed));
        assert!(succeed(sh("echo why; exit 3")).unwrap_err().to_string().contains("why"));
    }
}
