// SPDX-License-Identifier: GPL-2.0-or-later
//! The rules of docs/architecture.md that a compiler does not hold: dependencies of crates point one way, modules form no
//! circles, source files stay short.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Every crate, so that each depends only on those before it.
const ORDER: &[&str] = &[
    "chaos-vocab",
    "chaos-core",
    "chaos-arch",
    "freestanding",
    "bzip2-len",
    "chaos-view",
    "chaos-ffi",
    "chaos-wire",
    "chaos-stick",
    "baremetal",
    "uchaos-uefi",
    "launcher",
    "uchaosbox",
    "sp800-90b",
    "sample-stats",
    "guest-run",
    "guest-build",
    "entropy-report",
    "run-store",
    "campaign-report",
    "measure",
    "peers",
    "collect",
    "dist",
    "campaign",
    "lab",
    "uchaos",
    "on-target",
    "test-support",
    "xtask",
    "architecture",
];
/// What must not be reached, directly or by way of others: from, to.
const APART: &[(&str, &[&str])] = &[
    ("guest-build", &["measure", "lab", "entropy-report"]),
    ("uchaos", &["guest-build"]),
    ("guest-run", &["sp800-90b", "chaos-core"]),
];
const LONGEST_FILE_LINES: usize = 350;
const XTASK_LINES: usize = 2_500;

fn root() -> PathBuf {
    // cargo runs tests in the folder of their crate.
    fs::canonicalize("../..").expect("the checkout")
}

/// The workspace's crates, each with its folder and the crates of the workspace that it is built with.
fn crates() -> BTreeMap<String, (PathBuf, BTreeSet<String>)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(root());
    let output = cargo.output().expect("cargo starts");
    let found: Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let packages = found["packages"].as_array().expect("packages");
    let names: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let ours = dependencies
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| text(&dependency["name"]))
                .filter(|name| names.contains(name))
                .collect();
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            (text(&package["name"]), (manifest.with_file_name(""), ours))
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let crates = crates();
    let place = |name: &str| {
        let place = ORDER.iter().position(|known| *known == name);
        place.unwrap_or_else(|| panic!("{name} has no place in ORDER: give it one"))
    };
    for (name, (_, dependencies)) in &crates {
        for dependency in dependencies {
            assert!(place(dependency) < place(name), "{name} depends on {dependency}");
        }
    }
    for (from, forbidden) in APART {
        let mut reached = BTreeSet::from([(*from).to_owned()]);
        let mut ahead = vec![(*from).to_owned()];
        while let Some(name) = ahead.pop() {
            ahead.extend(
                crates[&name].1.iter().filter(|next| reached.insert((*next).clone())).cloned(),
            );
        }
        for name in *forbidden {
            assert!(!reached.contains(*name), "{from} must not depend on {name}");
        }
    }
}

#[test]
fn modules_form_no_circles() {
    let circles: Vec<String> = crates()
        .iter()
        .flat_map(|(name, (folder, _))| {
            let modules = modules(&folder.join("src"));
            circles(&references(&modules))
                .into_iter()
                .map(move |circle| format!("{name}: {circle}"))
        })
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn a_circle_is_found() {
    let module = |path: &str, text: &str| {
        let path = path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (path, text.to_owned())
    };
    let modules: Modules = [
        module("", "mod page; mod question; mod text;"),
        module("page", "use super::{text::wrapped, question::asked};\nmod html;"),
        module("page/html", "use super::Page;"),
        module("question", "fn f() { crate::page::show() }"),
        module("text", "// crate::page is only mentioned\nlet x = \"crate::page\";"),
    ]
    .into();
    assert_eq!(circles(&references(&modules)), ["page -> question -> page"]);
}

#[test]
fn source_files_stay_short() {
    let mut long = Vec::new();
    let mut xtask_lines = 0;
    for (name, (folder, _)) in crates() {
        for part in ["src", "tests", "benches", "examples"] {
            for (path, lines) in files(&folder.join(part)) {
                xtask_lines += if name == "xtask" { lines } else { 0 };
                if lines > LONGEST_FILE_LINES {
                    long.push(format!("{} has {lines} lines", path.display()));
                }
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
    assert!(xtask_lines < XTASK_LINES, "xtask has {xtask_lines} lines");
}

/// Every source file below `folder` with its number of lines.
fn files(folder: &Path) -> Vec<(PathBuf, usize)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let lines = fs::read_to_string(&path).expect("a source file").lines().count();
            found.push((path, lines));
        }
    }
    found
}

/// The text of every module, by its path in the crate.
type Modules = BTreeMap<Vec<String>, String>;

fn modules(src: &Path) -> Modules {
    files(src)
        .into_iter()
        .map(|(file, _)| {
            let relative = file.strip_prefix(src).expect("below src").with_extension("");
            let mut path: Vec<String> =
                relative.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            if path.len() == 1 && ["lib", "main"].contains(&path[0].as_str())
                || path.last().is_some_and(|name| name == "mod")
            {
                path.pop();
            }
            (path, fs::read_to_string(file).expect("a source file"))
        })
        .collect()
}

/// Which module mentions which. A module and what is below it may mention each other.
fn references(modules: &Modules) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (from, text) in modules {
        for mut to in mentioned(&code(text), from) {
            while !modules.contains_key(&to) {
                to.pop();
            }
            if !to.starts_with(from) && !from.starts_with(&to) {
                found.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    found
}

/// Without comments, texts and the tests at the end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut plain = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // What is between quotes is every second piece, but for quotes that are escaped.
        let line = line.replace("\\\"", "");
        line.split('"').step_by(2).for_each(|piece| plain.push_str(piece));
        plain.push('\n');
    }
    plain
}

/// The absolute paths that begin with `crate` or `super` in the code of the module `at`.
fn mentioned(code: &str, at: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (index, _) in code.match_indices(start) {
            let before = code[..index].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let base =
                if start == "crate::" { Vec::new() } else { at[..at.len().max(1) - 1].to_vec() };
            expand(&code[index + start.len()..], base, &mut found);
        }
    }
    found
}

/// Follows a path, and each branch of a list in braces.
fn expand(rest: &str, mut path: Vec<String>, found: &mut Vec<Vec<String>>) {
    let rest = rest.trim_start();
    if let Some(list) = rest.strip_prefix('{') {
        let (mut depth, mut begin) = (0, 0);
        for (index, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                ',' if depth == 0 => {
                    expand(&list[begin..index], path.clone(), found);
                    begin = index + 1;
                }
                '}' if depth == 0 => return expand(&list[begin..index], path, found),
                '}' => depth -= 1,
                _ => {}
            }
        }
        return;
    }
    let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    match &rest[..len] {
        "super" => drop(path.pop()),
        name => path.push(name.to_owned()),
    }
    match rest[len..].strip_prefix("::") {
        Some(further) => expand(further, path, found),
        None => found.push(path),
    }
}

/// Each circle once, from its first module in the order of names.
fn circles(references: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<String> {
    let mut found = Vec::new();
    for start in references.keys() {
        let mut ahead = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ahead.pop() {
            let Some(next) = way.last().and_then(|last| references.get(last)) else { continue };
            for to in next {
                if to == start && way.iter().all(|other| start <= other) {
                    let names: Vec<_> =
                        way.iter().chain([start]).map(|path| path.join("::")).collect();
                    found.push(names.join(" -> "));
                } else if to > start && seen.insert(to.clone()) {
                    ahead.push(way.iter().chain([to]).cloned().collect());
                }
            }
        }
    }
    found
}
