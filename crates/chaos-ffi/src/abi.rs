// SPDX-License-Identifier: GPL-2.0-or-later
//! The C interface in Rust: the functions of `include/uchaos_engine.h`, which says what each does. Both are derived from
//! chaos-vocab.

use core::ffi::{c_char, c_int, c_void};

use chaos_vocab::{HealthReport, RawParams};

macro_rules! declare {
    ($($(#[doc = $text:literal])* pub $safety:tt fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        unsafe extern "C" {
            $(pub $safety fn $name($($argument: $type),*) $(-> $result)?;)*
        }
    };
}
chaos_vocab::engine_functions!(declare);
