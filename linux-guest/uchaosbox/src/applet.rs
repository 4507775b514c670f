// SPDX-License-Identifier: GPL-2.0-or-later
//! The applets: what they are called, and what each says when it is asked for help.

/// One of the tools in this program, called by its name as first word or through a link of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applet {
    /// Does the jobs of the kernel command line, or of its options.
    Job,
    /// Takes commands from the host.
    Serve,
    /// Loads the kernel module with the parameters of the kernel command line.
    Load,
    /// Writes the stream.
    Stream,
    /// Writes raw noise.
    Raw,
    /// Writes seed material, or gives it to the kernel.
    Seed,
    /// Shows what the health tests have counted.
    Health,
    /// Measures how fast it all is.
    Bench,
}

/// Every applet.
pub const APPLETS: &[Applet] = &[
    Applet::Job,
    Applet::Serve,
    Applet::Load,
    Applet::Stream,
    Applet::Raw,
    Applet::Seed,
    Applet::Health,
    Applet::Bench,
];

/// What the program says without an applet.
pub const USAGE: &str = "\
uchaosbox: random numbers from timing jitter, in userland

  uchaosbox job [--output FILE]       do the jobs of the kernel command line
  uchaosbox serve                     do what the virtio port `uchaos.control` says
  uchaosbox load [FILE]               load the kernel module with its parameters
  uchaosbox stream N                  N bytes of the stream (not entropy)
  uchaosbox raw N                     N samples of raw noise
  uchaosbox seed [N] [--credit]       N bytes of full entropy, or seed the kernel
  uchaosbox health                    what the health tests count
  uchaosbox bench                     how fast it is

Options of the engine, for each of them, as on the kernel command line:
  --target T --workload W --turns N --init_turns N --min_delta N --claim N --health H
`uchaosbox APPLET -h` says more.
";

impl Applet {
    /// The name by which it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Serve => "serve",
            Self::Load => "load",
            Self::Stream => "stream",
            Self::Raw => "raw",
            Self::Seed => "seed",
            Self::Health => "health",
            Self::Bench => "bench",
        }
    }

    /// The applet of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        APPLETS.iter().copied().find(|applet| applet.name() == name)
    }

    /// What `-h` prints.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Job => {
                "\
uchaosbox job [--job LIST] [--target T[+T]] [--output FILE] [engine options]

Takes what is asked for from each target, as frames. Without options it reads /etc/uchaos.conf and
/proc/cmdline, and writes to the virtio port `uchaos.data`.
  --job LIST      raw:SAMPLES,stream:BYTES,restart:ROWSxCOLUMNS,seed:BYTES,selftest
  --target T      linux-module (default), linux-user, linux-crng, host-user; more than one with +
  --output FILE   write the frames to a file

  uchaosbox job --target host-user --job raw:1000000,stream:16M --output host.frames
"
            }
            Self::Serve => {
                "\
uchaosbox serve [engine options]

Reads lines of the job grammar from the virtio port `uchaos.control`, and answers each with a whole
capture on the virtio port `uchaos.data`. The target is linux-module; it is loaded anew when a line
changes a parameter. A guest with that port does this by itself.
"
            }
            Self::Load => {
                "\
uchaosbox load [FILE] [engine options]

Loads the kernel module (default: /lib/modules/uchaos.ko) with the engine parameters of the kernel
command line, or of the options.
"
            }
            Self::Stream => {
                "\
uchaosbox stream N [--text] [engine options]

Writes N bytes (suffixes K, M, G) of the stream: fast, amplified, not entropy.
  --text                  as a hex dump
  --target linux-module   from /dev/uchaos instead of an engine in this process
"
            }
            Self::Raw => {
                "\
uchaosbox raw N [--text] [engine options]

Writes N samples of raw noise, 64-bit little-endian ticks, before any mixing.
  --text                  as decimal numbers, one a line
  --target linux-module   from /dev/uchaos-raw (root only)
"
            }
            Self::Seed => {
                "\
uchaosbox seed [N] [--text] [--credit] [engine options]

Writes N bytes (default 32) of conditioned output, full entropy by account.
  --text                  as a hex dump
  --credit                give them to the kernel's own generator instead, credited (root only)
  --target linux-module   from /dev/uchaos-seed
"
            }
            Self::Health => {
                "\
uchaosbox health [engine options]

Takes 100,000 samples and shows what the health tests counted, as key=value.
  --target linux-module   show /proc/uchaos
"
            }
            Self::Bench => {
                "\
uchaosbox bench [engine options]

Times raw noise, stream and seed.
  --target linux-module   of the module
"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_applet_is_found_by_its_name_and_explains_itself() {
        for applet in APPLETS {
            assert_eq!(Applet::from_name(applet.name()), Some(*applet));
            let begin = format!("uchaosbox {}", applet.name());
            assert!(applet.help().starts_with(&begin), "{begin}");
            assert!(USAGE.contains(&begin), "{begin}");
        }
        assert_eq!(Applet::from_name("jobs"), None);
    }
}
