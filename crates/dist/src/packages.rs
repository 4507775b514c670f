// SPDX-License-Identifier: GPL-2.0-or-later
//! The crates linked into the archive's programs and guests, without those that only
//! build or test them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};
use guest_build::cargo::TARGET;
use guest_run::CommandContext;

/// What is linked into the archive's files.
const ROOTS: [&str; 6] = ["uchaos", "sp800-90b", "baremetal", "chaos-ffi", "launcher", "uchaosbox"];

/// The crates, by name and version.
pub(crate) fn linked(context: &CommandContext) -> Result<Vec<Package>> {
    let mut command = MetadataCommand::new();
    command.current_dir(&context.root).features(CargoOpt::AllFeatures);
    command.other_options(["--locked", "--filter-platform", TARGET].map(str::to_owned));
    let metadata = command.exec().context("asking cargo for the crates of the programs")?;
    let reached = reached(&metadata)?;
    let mut packages: Vec<Package> =
        metadata.packages.into_iter().filter(|package| reached.contains(&package.id)).collect();
    packages.sort_by(|one, two| (&one.name, &one.version).cmp(&(&two.name, &two.version)));
    Ok(packages)
}

fn reached(metadata: &Metadata) -> Result<BTreeSet<PackageId>> {
    let resolve = metadata.resolve.as_ref().context("cargo's metadata has no dependency graph")?;
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let is_root = |package: &&Package| ROOTS.contains(&package.name.as_str());
    let roots = metadata.workspace_packages().into_iter().filter(is_root);
    let mut ahead: Vec<PackageId> = roots.map(|package| package.id.clone()).collect();
    let mut reached: BTreeSet<PackageId> = ahead.iter().cloned().collect();
    while let Some(id) = ahead.pop() {
        for dependency in nodes.get(&id).iter().flat_map(|node| &node.deps) {
            let linked =
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            if linked && reached.insert(dependency.pkg.clone()) {
                ahead.push(dependency.pkg.clone());
            }
        }
    }
    Ok(reached)
}
