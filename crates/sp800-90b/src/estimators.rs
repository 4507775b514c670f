// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ten estimators of SP 800-90B §6.3, one per file, each callable alone.
//!
//! Those that are defined for every alphabet take a [`Sequence`](crate::Sequence), those for bits only a
//! [`BitString`](crate::BitString).

mod collision;
mod compression;
mod context_trie;
mod lag;
mod long_contexts;
mod lz78y;
mod markov;
mod markov_block;
mod mcv;
mod multi_mcw;
mod multi_mmc;
mod multi_mmc_bits;
mod predictor;
mod race;
mod repeats;
mod short_repeats;
mod suffix_part;
mod suffix_parts;
mod suffixes;
mod tally;
mod tuple_counts;
mod tuples;

pub use collision::{Collision, collision};
pub use compression::{Compression, compression};
pub use lag::lag;
pub use lz78y::lz78y;
pub use markov::{Markov, markov};
pub(crate) use mcv::mcv_of;
pub use mcv::{Mcv, mcv};
pub use multi_mcw::multi_mcw;
pub use multi_mmc::multi_mmc;
pub use predictor::Predictor;
pub use repeats::Repeats;

pub(crate) use short_repeats::held_suffixes;
pub use tuples::{Lrs, TTuple, lrs, t_tuple};
