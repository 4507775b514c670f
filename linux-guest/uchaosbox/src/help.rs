// SPDX-License-Identifier: GPL-2.0-or-later
//! The help of the program and its applets, in 80 columns.

use core::fmt;

use chaos_wire::Parameter;

use crate::applet::Applet;

/// What the program says without an applet.
pub const USAGE: &str = "\
uchaosbox: random numbers from timing jitter, in userland

  uchaosbox job [--output FILE]    do the jobs of the kernel command line
  uchaosbox serve                  do what the virtio port `uchaos.control` says
  uchaosbox load [FILE]            load the kernel module with its parameters
  uchaosbox stream N               N bytes of the stream (not entropy)
  uchaosbox raw N                  N samples of raw noise, in ticks
  uchaosbox seed [N] [--credit]    N bytes of full entropy, or seed the kernel
  uchaosbox view FILE              a file as hex dump, histogram or bits
  uchaosbox health                 what the health tests count
  uchaosbox bench                  how fast it is

A link to it with the name of an applet is that applet.
`uchaosbox APPLET -h` has the options, the units and the exit status.
";

/// Writes the options that every applet with an engine has.
///
/// # Errors
/// Returns an error if `out` takes no more.
pub fn write_engine_help(out: &mut dyn fmt::Write) -> fmt::Result {
    out.write_str(ENGINE_HELP)?;
    for &parameter in Parameter::ALL {
        let default = parameter.value(parameter.default_number());
        writeln!(out, "  --{:<14} {}:", parameter.form(), parameter.meaning())?;
        writeln!(out, "{:19}{} (default {default})", "", parameter.allowed_text())?;
    }
    Ok(())
}

const ENGINE_HELP: &str = "
Engine options, as on the kernel command line and in /etc/uchaos.conf:
  --target T       linux-user (an engine in this process), linux-module,
                   linux-crng, host-user
";

/// How every applet ends.
pub const EXIT_HELP: &str = "
Exit status: 0 success; 1 a device, the engine or a health test failed; 2 the
command line makes no sense; 4 too little memory; 5 panic; 6 the output could
not be written.
";

impl Applet {
    /// What `-h` prints first: the form, what it does, its own options. [`write_engine_help`], where it has these options, and
    /// [`EXIT_HELP`] come after it.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Job => {
                "\
uchaosbox job [--job LIST] [--target T[+T]] [--output FILE] [engine options]

Takes what is asked for from each target, as frames. Without options it reads
/etc/uchaos.conf and /proc/cmdline, and writes to the virtio port `uchaos.data`.
The target is linux-module where none is given.
  --job LIST       raw:SAMPLES, stream:BYTES, restart:ROWSxCOLUMNS, seed:BYTES,
                   selftest, joined by commas; bytes with suffixes K, M, G
  --output FILE    write the frames to a file

  uchaosbox job --target host-user --job raw:1000000,stream:16M --output out
"
            }
            Self::Serve => {
                "\
uchaosbox serve [engine options]

Reads lines of the job grammar from the virtio port `uchaos.control`, and
answers each with a whole capture on the virtio port `uchaos.data`. The target
is linux-module; it is reloaded when a line changes a parameter. A guest with
that port does this by itself.
"
            }
            #[cfg(feature = "stick")]
            Self::Stick => {
                "\
uchaosbox stick

Measures the PC that was started from a USB stick: finds the FAT volume UCHAOS,
does the jobs of /uchaos/uchaos.conf there, and keeps the capture on the stick.
What the machine is to do next is left in /tmp/after. Root only.
"
            }
            #[cfg(feature = "selftest")]
            Self::Stress => {
                "\
uchaosbox stress SECONDS

Everything that programs can do with the kernel module at once, under signals;
then, as long again, the module is unloaded and loaded under its readers. Root
only; for a kernel that checks locks and memory.
"
            }
            Self::Load => {
                "\
uchaosbox load [FILE] [--credit] [engine options]

Loads the kernel module (default: /lib/modules/uchaos.ko) with the engine
parameters of the kernel command line, or of the options. Root only.
  --credit         credit its seeds to the kernel's generator in full; without,
                   they are mixed in and credit no entropy
"
            }
            Self::Stream => {
                "\
uchaosbox stream N [--text | --bits] [engine options]

Writes N bytes (suffixes K, M, G) of the stream: fast, amplified, not entropy.
  --text           as a hex dump: offset, 16 bytes, what is printable
  --bits           how often each bit of a byte is one
  --target linux-module   from /dev/uchaos instead of an engine in this process

  uchaosbox stream 64 --text
"
            }
            Self::Raw => {
                "\
uchaosbox raw N [--text | --histogram | --bits] [engine options]

Writes N samples of raw noise, before any mixing: each is the ticks of one
workload step, 64 bits, little-endian.
  --text           as decimal numbers, one a line
  --histogram      by size: ticks, samples, bar; of at most 1,000,000 samples
  --bits           how often each bit is one
  --target linux-module   from /dev/uchaos-raw (root only)

  uchaosbox raw 20000 --histogram
"
            }
            Self::Seed => {
                "\
uchaosbox seed [N] [--text | --bits | --credit] [engine options]

Writes N bytes (default 32) of conditioned output, full entropy by account.
  --text           as a hex dump: offset, 16 bytes, what is printable
  --bits           how often each bit of a byte is one
  --credit         give them to the kernel's own generator instead, credited
                   with 8 bits each (root only)
  --target linux-module   from /dev/uchaos-seed
"
            }
            Self::View => {
                "\
uchaosbox view FILE [--text | --histogram | --bits]

Shows a file as a hex dump: offset, 16 bytes, what is printable. `-` is standard
input. With an option the file is raw noise, 64-bit little-endian ticks:
  --text           as decimal numbers, one a line
  --histogram      by size: ticks, samples, bar; the first 1,000,000 samples
  --bits           how often each bit is one

  uchaosbox raw 1000 > raw.u64le; uchaosbox view raw.u64le --histogram
"
            }
            Self::Health => {
                "\
uchaosbox health [engine options]

Takes 100,000 samples and shows what the health tests counted, as key=value.
Counts are of samples since the engine's last start.
  --target linux-module   show /proc/uchaos, and take nothing
"
            }
            Self::Bench => {
                "\
uchaosbox bench [engine options]

Times raw noise (ns per sample), stream (kB/s) and seed (bytes/s), by the
kernel's clock.
  --target linux-module   of the module
"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applet::APPLETS;

    fn engine_help() -> String {
        let mut text = String::new();
        write_engine_help(&mut text).unwrap();
        text
    }

    #[test]
    fn each_applet_says_its_form_its_options_and_how_it_ends() {
        for applet in APPLETS {
            let name = applet.name();
            let engine = if applet.has_engine() { engine_help() } else { String::new() };
            let help = [applet.help(), &engine, EXIT_HELP].concat();
            assert!(help.starts_with(&format!("uchaosbox {name}")), "{name}");
            assert!(USAGE.contains(&format!("\n  uchaosbox {name} ")), "{name}");
            for option in applet.options().filter(|option| *option != "--help") {
                assert!(help.contains(option), "{name}: {option}");
            }
            assert!(help.contains("Exit status: 0 "), "{name}");
        }
    }

    #[test]
    fn every_line_fits_a_serial_console() {
        let engine = engine_help();
        let helps = APPLETS.iter().map(|applet| applet.help());
        for text in helps.chain([USAGE, &engine, EXIT_HELP]) {
            for line in text.lines() {
                assert!(line.len() <= 80, "{line}");
            }
        }
    }
}
