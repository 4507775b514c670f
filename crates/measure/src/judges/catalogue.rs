// SPDX-License-Identifier: GPL-2.0-or-later
//! Every judge that can be asked.

use guest_run::tools::find;

use super::{Data, Judge, dieharder, ent, non_iid, practrand, rngtest};

/// All of them, those on raw noise first.
pub(super) fn all() -> Vec<Judge> {
    vec![
        Judge {
            name: "ea_non_iid",
            from: "github.com/usnistgov/SP800-90B_EntropyAssessment, to be built",
            data: Data::Raw,
            is_here: || find("ea_non_iid").is_some(),
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
            is_here: || find("ent").is_some(),
            commands: ent::commands,
            read: ent::read,
        },
        Judge {
            name: "rngtest",
            from: "Debian package rng-tools5 or rng-tools-debian",
            data: Data::Stream,
            is_here: || find("rngtest").is_some(),
            commands: rngtest::commands,
            read: rngtest::read,
        },
        Judge {
            name: "dieharder",
            from: "Debian package dieharder",
            data: Data::Stream,
            is_here: || find("dieharder").is_some(),
            commands: dieharder::commands,
            read: dieharder::read,
        },
        Judge {
            name: "RNG_test",
            from: "PractRand, pracrand.sourceforge.net, to be built",
            data: Data::Stream,
            is_here: || find("RNG_test").is_some(),
            commands: practrand::commands,
            read: practrand::read,
        },
    ]
}
