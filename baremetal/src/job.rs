// SPDX-License-Identifier: GPL-2.0-or-later
//! Doing a request's jobs: the machine as the shared job loop wants it, its buffer, and the way out.

use core::fmt::{self, Write};

use chaos_ffi::{Engine, EngineError, Params, Place};
use chaos_wire::{
    FrameWriter, GuestStatus, Job, Marker, Request, SMALLEST_BUFFER_WORDS, Sampler, Target, Timer,
    finish, run_jobs,
};

use crate::devices::virtio;
use crate::end::{fail, leave};
use crate::engine::{self, WorkloadMemory};
use crate::interrupts::pit;
use crate::memory::buffer;
use crate::{facts, println, selftest};

/// Does every job of the request, hands the frames to the data port, and ends QEMU.
pub(crate) fn run(request: &Request) -> ! {
    let [Some(mut port), _] = virtio::find_ports() else {
        fail(
            GuestStatus::NoDataPort,
            &"no data port: the machine has no virtio console (-device virtio-serial-device or -pci, and virtconsole)",
        );
    };
    let mut memory = WorkloadMemory::default();
    let mut place = Place::new();
    let engine = engine::start(&request.params, &mut place, &mut memory);
    let Some(buffer) =
        buffer::take(words_wanted(request)).filter(|words| words.len() >= SMALLEST_BUFFER_WORDS)
    else {
        fail(
            GuestStatus::TooLittleMemory,
            &"too little memory to buffer samples; give QEMU a larger -m",
        );
    };
    let mut machine = BareMachine { engine, timer: request.timer, params: request.params };
    let mut frames = FrameWriter::new(&mut *port);
    let result = run_jobs(request, Target::BareMetal, &mut machine, &mut frames, buffer);
    leave(finish(result, &mut machine, &mut frames))
}

/// Words of the largest buffer for bytes of the stream: nothing is gained by more, and fresh memory costs time.
const STREAM_WORDS_MAX: u64 = 2 << 20;

/// Words that would hold the largest job in one piece; for bytes, pieces of 16 MiB.
fn words_wanted(request: &Request) -> usize {
    let words = |job| match job {
        Job::Raw { samples } => samples,
        Job::Stream { len_bytes } | Job::Seed { len_bytes } => {
            len_bytes.div_ceil(8).min(STREAM_WORDS_MAX)
        }
        Job::Restart { rows, columns } => u64::from(rows) * (u64::from(columns) + 1),
        Job::SelfTest => 0,
    };
    let most = request.jobs.iter().map(words).max().unwrap_or(0);
    usize::try_from(most).unwrap_or(usize::MAX).max(SMALLEST_BUFFER_WORDS)
}

/// The engine on this machine, as the shared job loop drives it.
pub(crate) struct BareMachine<'a> {
    /// An engine that did not start fails each job with its reason.
    pub(crate) engine: Result<Engine<'a>, EngineError>,
    /// Interrupts while it samples.
    pub(crate) timer: Timer,
    pub(crate) params: Params,
}

impl<'a> BareMachine<'a> {
    fn sample(
        &mut self,
        work: impl FnOnce(&mut Engine<'a>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let engine = self.engine.as_mut().map_err(|failure| *failure)?;
        pit::with_timer(self.timer, || work(engine))
    }
}

impl Sampler for BareMachine<'_> {
    fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.sample(|engine| engine.raw(delta_ticks))
    }

    fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.sample(|engine| engine.stream(out))
    }

    fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.sample(|engine| engine.seed(out))
    }

    fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.sample(|engine| {
            engine.restart()?;
            engine.raw(delta_ticks)
        })
    }

    fn self_test(&mut self, lines: &mut dyn Write) -> Result<(), EngineError> {
        let engine = self.engine.as_mut().map_err(|failure| *failure)?;
        selftest::run(engine, lines)
    }

    fn health(&mut self, lines: &mut dyn Write) -> fmt::Result {
        self.params.write(lines)?;
        match &self.engine {
            Ok(engine) => facts::health(engine, lines),
            Err(failure) => writeln!(lines, "state=not started\nfailure={failure}"),
        }
    }

    fn meta(&mut self, lines: &mut dyn Write) -> fmt::Result {
        facts::machine(lines)
    }

    fn ticks(&mut self) -> u64 {
        Engine::ticks()
    }

    fn mark(&mut self, marker: &Marker<'_>) {
        println!("{marker}");
    }
}
