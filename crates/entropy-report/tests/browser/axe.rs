// SPDX-License-Identifier: GPL-2.0-or-later
//! axe-core, which looks for barriers to readers in a page that Chromium shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use test_support::Found;

use crate::chromium::{Chromium, Program};

const AXE: &str = "axe-core@4.14.1";
/// Violations that are serious or worse, as `rule: element`.
const VIOLATIONS: &str = "axe.run(document, { resultTypes: ['violations'] }).then((all) => all.violations \
     .filter((one) => ['serious', 'critical'].includes(one.impact)) \
     .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 120)}`)))";

/// What is serious or worse in the page that is open, as `rule: element`; axe-core is in the page.
pub(crate) fn violations(browser: &mut Chromium) -> Vec<String> {
    serde_json::from_value(browser.evaluate(VIOLATIONS)).expect("axe-core gives a list")
}

/// Checks that axe-core finds what is put there for it.
pub(crate) fn finds_a_picture_without_a_text(browser: &mut Chromium) {
    browser.evaluate("document.body.append(document.createElement('img')), 0");
    let found = violations(browser);
    assert!(found.iter().any(|finding| finding.starts_with("image-alt")), "{found:#?}");
}

/// Chromium, and axe-core as npm fetches it into the test's folder.
pub(crate) fn browser_and_axe() -> Found<(Program, PathBuf)> {
    let program = Chromium::find()?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        let done = Command::new("npm").args(install).arg(&folder).arg(AXE).output();
        done.map_err(|error| format!("needs npm (apt-get install npm): {error}"))?;
    }
    if file.exists() { Ok((program, file)) } else { Err(format!("npm could not fetch {AXE}")) }
}
