// SPDX-License-Identifier: GPL-2.0-or-later
//! The table of runs without its file format: its columns, where runs and campaign cells are, and the rows of a
//! folder. Deliberately small: the program `uchaos-runs` adds Parquet and SQL, which take minutes to compile.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

mod cell;
mod column;
mod extract;
mod made_up;
mod place;

pub use cell::{CELL_FILE, CELL_SCHEMA, Cell, CellFigures, CellState};
pub use column::{Column, Kind, Row, Utc, Value, columns};
pub use extract::rows;
pub use made_up::made_up;
pub use place::{CellPlace, Place, Stamp, cells, places};

/// Version of the table's columns; incremented when a column is removed or changes its meaning. A new column does not
/// change it: an older program refuses a file with columns that it does not know.
pub const SCHEMA_VERSION: u32 = 1;
