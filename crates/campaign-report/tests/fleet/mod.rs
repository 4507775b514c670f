// SPDX-License-Identifier: GPL-2.0-or-later
//! A campaign for tests.

use std::path::{Path, PathBuf};

use serde_json::json;

/// Writes a campaign of `count` cells: three processors, two guests, a few failures, one far outlier.
pub(crate) fn campaign(top: &Path, count: usize) -> PathBuf {
    let folder = top.join("fleet");
    let write = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the test's folder");
        std::fs::write(path, text).expect("the test's folder can be written");
    };
    write(folder.join("campaign.json"), &json!({"schema": 1, "cells": count + 3}).to_string());
    for number in 1..=count {
        let pick = |all: &[&str], step: usize| all[number / step % all.len()].to_owned();
        let noise = (number * 7919 % 1000) as f64 / 5000.0;
        let guest = pick(&["baremetal", "linux"], 1);
        let workload = pick(&["dram", "flush", "pause"], 2);
        let h = if number == 50 { 9.0 } else { 1.0 + workload.len() as f64 / 4.0 + noise };
        let memory_mib = if number / 24 % 2 == 0 { 64 } else { 128 };
        let failed = number % 23 == 0;
        let held = if number % 7 == 0 { "failed" } else { "held" };
        let mut cell = json!({
            "schema": 1, "plan_sha256": "ab".repeat(32), "cell": number, "host": "node-1",
            "state": if failed { "failed" } else { "done" },
            "ended_utc": format!("2026-03-{:02}T{:02}:{:02}:00Z", 1 + number / 1440 % 28, number / 60 % 24, number % 60),
            "coordinates": {
                "guest": guest, "workload": workload, "machine": pick(&["q35", "microvm"], 6),
                "accel": pick(&["kvm", "tcg"], 12), "memory_mib": memory_mib, "turns": 1,
                "condition": "ordinary", "boot": 1 + number / 48,
            },
        });
        if failed {
            cell["reason"] = json!("QEMU <ended> with status 1 & printed nothing");
        } else {
            cell["figures"] = json!({"h_assessed": h, "restarts": held, "cpu_brand": pick(&["CPU A", "CPU B 3000", "CPU C"], 5)});
            write(folder.join(format!("cells/{number:05}/run/report.html")), "");
            write(folder.join(format!("cells/{number:05}/run/result.json")), "{}");
        }
        write(folder.join(format!("cells/{number:05}/cell.json")), &cell.to_string());
    }
    folder
}
