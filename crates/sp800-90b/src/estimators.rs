// SPDX-License-Identifier: GPL-2.0-or-later
//! The ten estimators of SP 800-90B §6.3, one per file, each callable alone.
//!
//! All take symbols in `0..alphabet_size`, as [`crate::Symbols::literal`] and [`crate::Symbols::bitstring`] give
//! them; a symbol outside that range is a contract violation and may panic.

mod collision;
mod compression;
mod context_trie;
mod lag;
mod lz78y;
mod lz78y_binary;
mod markov;
mod mcv;
mod multi_mcw;
mod multi_mcw_binary;
mod multi_mmc;
mod multi_mmc_binary;
mod packed_text;
mod predictor;
mod repeats;
mod suffix_sort;
mod tuples;

pub(crate) use collision::CollisionTimes;
pub use collision::{Collision, collision};
pub use compression::{Compression, compression};
pub(crate) use lag::Lags;
pub use lag::lag;
pub use lz78y::lz78y;
pub(crate) use markov::BitPairs;
pub use markov::{Markov, markov};
pub(crate) use mcv::SymbolCounts;
pub use mcv::{Mcv, mcv};
pub use multi_mcw::multi_mcw;
pub use multi_mmc::multi_mmc;
pub use predictor::Predictor;
pub use repeats::{Repeats, longest_repeat};
pub use tuples::{Lrs, TTuple, lrs, t_tuple};
