// SPDX-License-Identifier: GPL-2.0-or-later
//! Every judge that can be asked.

use std::path::PathBuf;

use super::{Data, Judge, dieharder, ent, non_iid, practrand, rngtest};

/// All of them, those on raw noise first.
pub(super) fn all() -> Vec<Judge> {
    vec![
        Judge {
            name: "ea_non_iid",
            from: "github.com/usnistgov/SP800-90B_EntropyAssessment, to be built",
            data: Data::Raw,
            is_here: || on_path("ea_non_iid"),
            commands: non_iid::tool,
            read: non_iid::read_tool,
        },
        Judge {
            name: "sp800-90b",
            from: "pip install sp800-90b, for the python3 on PATH",
            data: Data::Raw,
            is_here: non_iid::has_package,
            commands: non_iid::package,
            read: non_iid::read_package,
        },
        Judge {
            name: "ent",
            from: "Debian package ent",
            data: Data::Stream,
            is_here: || on_path("ent"),
            commands: ent::commands,
            read: ent::read,
        },
        Judge {
            name: "rngtest",
            from: "Debian package rng-tools5 or rng-tools-debian",
            data: Data::Stream,
            is_here: || on_path("rngtest"),
            commands: rngtest::commands,
            read: rngtest::read,
        },
        Judge {
            name: "dieharder",
            from: "Debian package dieharder",
            data: Data::Stream,
            is_here: || on_path("dieharder"),
            commands: dieharder::commands,
            read: dieharder::read,
        },
        Judge {
            name: "RNG_test",
            from: "PractRand, pracrand.sourceforge.net, to be built",
            data: Data::Stream,
            is_here: || on_path("RNG_test"),
            commands: practrand::commands,
            read: practrand::read,
        },
    ]
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(program)).any(|it| it.is_file())
}
