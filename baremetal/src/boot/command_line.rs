// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel command line, kept next to the `BootInfo`, which has no field for it. It is copied because it may lie in
//! the first page, which is soon no longer mapped.

use chaos_wire::GuestStatus;
use spin::Mutex;

use super::physical;
use crate::end::fail;

/// The longest that Linux allows on x86.
const LEN_MAX_BYTES: usize = 2048;

static COMMAND_LINE: Mutex<([u8; LEN_MAX_BYTES], usize)> = Mutex::new(([0; LEN_MAX_BYTES], 0));

/// Copies the NUL-terminated text at `addr`, where `addr` is not 0. A longer one than there is room for ends the
/// boot: half a command line would be another request.
pub(super) fn keep(addr: u64) {
    let (text, len) = &mut *COMMAND_LINE.lock();
    // SAFETY: what the loader passed lies in RAM, and nothing else runs yet.
    let mut bytes =
        (addr..).map_while(|addr| unsafe { physical::read::<1>(addr) }).map(|[byte]| byte);
    for place in text {
        match bytes.next() {
            None | Some(0) => return,
            Some(byte) => *place = byte,
        }
        *len += 1;
    }
    fail(
        GuestStatus::BadCommandLine,
        &format_args!("the kernel command line has {LEN_MAX_BYTES} bytes or more"),
    )
}

/// The command line; empty where none was passed. `None` when it is not UTF-8.
pub(crate) fn get() -> Option<&'static str> {
    let (text, len) = spin::MutexGuard::leak(COMMAND_LINE.lock());
    core::str::from_utf8(&text[..*len]).ok()
}
