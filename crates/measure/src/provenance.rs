// SPDX-License-Identifier: GPL-2.0-or-later
//! The provenance of a result: revision, tools, processor, images.

use std::collections::BTreeMap;

use chaos_stick::{MachineFact, named};
use fs_err as fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use entropy_report::Artifact;

use guest_run::file_sha256;

/// Build-time environment variable that embeds the revision in the program, for machines without a checkout.
pub const REVISION_VARIABLE: &str = "UCHAOS_REVISION";
const BUILT_REVISION: Option<&str> = option_env!("UCHAOS_REVISION");

/// The checkout's revision, with `-dirty` if it has local changes; outside a repository the embedded one.
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

/// The host processor's name, as the kernel reports it.
pub fn cpu_model() -> String {
    cpuinfo(&read(CPUINFO), "model name").unwrap_or("unknown").to_owned()
}

/// Linux's description of the processor.
const CPUINFO: &str = "/proc/cpuinfo";
const CPU_FIELDS: [(MachineFact, &str); 5] = [
    (MachineFact::CpuVendor, "vendor_id"),
    (MachineFact::CpuFamily, "cpu family"),
    (MachineFact::CpuModel, "model"),
    (MachineFact::CpuStepping, "stepping"),
    (MachineFact::Microcode, "microcode"),
];
/// Linux's files with the firmware's texts, one each. Serial numbers and addresses are not read.
const DMI: &str = "/sys/class/dmi/id";
const FIRMWARE_FILES: [(MachineFact, &str); 2] =
    [(MachineFact::FirmwareVendor, "bios_vendor"), (MachineFact::FirmwareVersion, "bios_version")];
/// The system's text, and the board's.
const NAME_FILES: [(MachineFact, [&str; 2]); 2] = [
    (MachineFact::BoardVendor, ["sys_vendor", "board_vendor"]),
    (MachineFact::BoardModel, ["product_name", "board_name"]),
];

/// The facts that the host's kernel reports about processor, firmware and board.
pub fn host_facts() -> BTreeMap<String, String> {
    let processor = read(CPUINFO);
    let firmware = |file: &str| read(&format!("{DMI}/{file}")).trim().to_owned();
    let of_processor = CPU_FIELDS
        .map(|(fact, field)| (fact, cpuinfo(&processor, field).unwrap_or_default().to_owned()));
    let of_firmware = FIRMWARE_FILES.map(|(fact, file)| (fact, firmware(file)));
    let names = NAME_FILES.map(|(fact, files)| {
        let [system, board] = files.map(firmware);
        (fact, named([&system, &board]).to_owned())
    });
    of_processor
        .into_iter()
        .chain(of_firmware)
        .chain(names)
        .filter(|(_, value)| !value.is_empty())
        .map(|(fact, value)| (fact.word().to_owned(), value))
        .collect()
}

/// The content of a kernel file; empty if it does not exist.
fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
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

/// The version line of the compiler that built this program and, in a checkout, the images.
pub const COMPILER: &str = env!("UCHAOS_COMPILER");

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
