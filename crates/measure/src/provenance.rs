// SPDX-License-Identifier: GPL-2.0-or-later
//! What a result must say about where it comes from: revision, tools, processor, images.

use std::collections::BTreeMap;

use chaos_stick::MachineFact;
use fs_err as fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use entropy_report::Artifact;

use guest_run::file_sha256;

/// The environment variable by which a build for machines without a checkout puts its revision into the program.
pub const REVISION_VARIABLE: &str = "UCHAOS_REVISION";
const BUILT_REVISION: Option<&str> = option_env!("UCHAOS_REVISION");

/// The checkout's revision, with `-dirty` where it has local changes; outside a repository the program's own.
pub fn git_revision(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(revision) = git(&["rev-parse", "HEAD"]) else {
        return BUILT_REVISION.unwrap_or("unknown").to_owned();
    };
    match git(&["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => revision,
        _ => format!("{revision}-dirty"),
    }
}

/// The host processor's name, as the kernel gives it.
pub fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    cpuinfo(&text, "model name").unwrap_or("unknown").to_owned()
}

/// Where Linux shows what tells kinds of machine apart. Serial numbers and addresses are not read.
const SHOWN: [(MachineFact, &str, &str); 9] = [
    (MachineFact::CpuVendor, "/proc/cpuinfo", "vendor_id"),
    (MachineFact::CpuFamily, "/proc/cpuinfo", "cpu family"),
    (MachineFact::CpuModel, "/proc/cpuinfo", "model"),
    (MachineFact::CpuStepping, "/proc/cpuinfo", "stepping"),
    (MachineFact::Microcode, "/proc/cpuinfo", "microcode"),
    (MachineFact::FirmwareVendor, "/sys/class/dmi/id/bios_vendor", ""),
    (MachineFact::FirmwareVersion, "/sys/class/dmi/id/bios_version", ""),
    (MachineFact::BoardVendor, "/sys/class/dmi/id/sys_vendor", ""),
    (MachineFact::BoardModel, "/sys/class/dmi/id/product_name", ""),
];

/// What the host's kernel shows of its processor, firmware and board.
pub fn host_facts() -> BTreeMap<String, String> {
    SHOWN
        .iter()
        .filter_map(|(fact, file, field)| {
            let text = fs::read_to_string(file).ok()?;
            let value = if field.is_empty() { Some(text.trim()) } else { cpuinfo(&text, field) };
            let value = value.filter(|value| !value.is_empty())?;
            Some((fact.word().to_owned(), value.to_owned()))
        })
        .collect()
}

/// A field of /proc/cpuinfo; `model` is not `model name`.
fn cpuinfo<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(name, value)| (name.trim() == field).then(|| value.trim()))
}

/// The host's distribution and kernel.
pub fn host() -> String {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or("unknown system", |name| name.trim_matches('"'));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{name}, Linux {}", kernel.trim())
}

/// The compiler's version line.
pub fn compiler() -> String {
    Command::new("rustc").arg("--version").output().map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// A file that goes into a run.
pub fn artifact(name: &str, path: &Path) -> Result<Artifact> {
    let bytes = fs::metadata(path)?.len();
    Ok(Artifact { name: name.to_owned(), bytes, sha256: file_sha256(path)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_cpuinfo_is_found_by_its_whole_name() {
        let text = "processor\t: 0\nmodel name\t: Fast: CPU\nmodel\t\t: 85\n\nmodel\t\t: 86\n";
        assert_eq!(cpuinfo(text, "model"), Some("85"));
        assert_eq!(cpuinfo(text, "model name"), Some("Fast: CPU"));
        assert_eq!(cpuinfo(text, "microcode"), None);
    }
}
