// SPDX-License-Identifier: GPL-2.0-or-later
//! What a meta frame says about the system.

use core::fmt;

use crate::run::file::read_text;

/// The kernel, the processor and the counter that is read.
pub(super) fn system(lines: &mut dyn fmt::Write) -> fmt::Result {
    let uname = rustix::system::uname();
    let text = |text: &core::ffi::CStr, lines: &mut dyn fmt::Write| {
        text.to_bytes().iter().try_for_each(|byte| lines.write_char(char::from(*byte)))
    };
    lines.write_str("kernel=")?;
    text(uname.sysname(), lines)?;
    lines.write_char(' ')?;
    text(uname.release(), lines)?;
    lines.write_char(' ')?;
    text(uname.version(), lines)?;
    let mut place = [0; 4096];
    // With many processors the text is longer than what is read of it; the first one's lines come first.
    let cpuinfo = crate::run::file::read_head("/proc/cpuinfo", &mut place).unwrap_or_default();
    let cpu = uchaosbox::field(cpuinfo, ':', "model name").unwrap_or("unknown");
    let mut place = [0; 64];
    let clock =
        read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource", &mut place);
    let clock = clock.unwrap_or("unknown").trim_end();
    writeln!(lines, "\ncpu={cpu}\nclock=lfence;rdtsc\nkernel_clock={clock}")
}
