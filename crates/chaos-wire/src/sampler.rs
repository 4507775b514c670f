// SPDX-License-Identifier: GPL-2.0-or-later
//! What a target supplies so that the shared job loop can drive it: a machine that measures, and a port that
//! takes bytes.

use core::fmt;

use chaos_vocab::EngineError;

use crate::marker::Marker;

/// A port that does not take what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortError {
    /// A negative error number of the system, or 0.
    pub code: i32,
    /// What went wrong.
    pub text: &'static str,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the data port: {} (code {})", self.text, self.code)
    }
}

/// One target: the engine, or the kernel's generator as the reference, in its environment.
///
/// After an error a buffer's content means nothing, and the job loop sends none of it.
pub trait Sampler {
    /// Fills `delta_ticks` with consecutive samples of raw noise.
    ///
    /// # Errors
    /// Returns an error if the noise source or one of its health tests fails.
    fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError>;

    /// Fills `out` with the next bytes of the amplified output.
    ///
    /// # Errors
    /// Returns an error if the noise source or one of its health tests fails.
    fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError>;

    /// Fills `out` with conditioned output.
    ///
    /// # Errors
    /// Returns an error if the noise source or one of its health tests fails.
    fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError>;

    /// Restarts the noise source, and fills `delta_ticks` with the first samples that it then gives.
    ///
    /// # Errors
    /// Returns an error if the startup test, the noise source or one of its health tests fails.
    fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError>;

    /// Runs the machine's own checks, one line of text for each.
    ///
    /// # Errors
    /// Returns an error if a check fails; the lines say which.
    fn self_test(&mut self, lines: &mut dyn fmt::Write) -> Result<(), EngineError>;

    /// Writes the health tests' counters as lines `key=value`.
    ///
    /// # Errors
    /// Returns an error if `lines` does.
    fn health(&mut self, lines: &mut dyn fmt::Write) -> fmt::Result;

    /// Writes what the machine is as lines `key=value`.
    ///
    /// # Errors
    /// Returns an error if `lines` does.
    fn meta(&mut self, lines: &mut dyn fmt::Write) -> fmt::Result;

    /// The machine's clock, in ticks.
    fn ticks(&mut self) -> u64;

    /// Puts a line on the console.
    fn mark(&mut self, marker: &Marker<'_>);
}

/// Where frames go.
pub trait Port {
    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// Returns an error if not all of them could be written.
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError>;
}

impl<P: Port + ?Sized> Port for &mut P {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        (**self).write(bytes)
    }
}
