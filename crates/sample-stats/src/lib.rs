// SPDX-License-Identifier: GPL-2.0-or-later
//! What works through every sample or byte of a capture, apart from the assessment: from a million samples to what a plot can
//! show, how far two captures lie apart, what one boot predicts of another, the lines that samples go to, output tests.
//! Compiled with optimisation in every profile, which the tables and pages of `entropy-report` need not be.

mod common_step;
pub mod digest;
pub mod distance;
pub mod lines;
pub mod output_tests;
pub mod plots;
pub mod prediction;
pub mod restart_lines;

pub use common_step::common_step;
pub use plots::ranked::Ranked;
