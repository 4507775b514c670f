// SPDX-License-Identifier: GPL-2.0-or-later
//! The preflight: missing tools are listed with their purpose, and installed as root or
//! with passwordless sudo; otherwise the command to run is printed.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::log::StepLog;
use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::tools::{self, Need, install_line};

/// Makes sure that all of `needs` are on this machine.
///
/// # Errors
/// Returns an error if something is missing and cannot be installed ([`ExitKind::Missing`]), or if the tools
/// cannot build in the output folder ([`ExitKind::Usage`]).
pub fn ensure(context: &CommandContext, needs: &[Need]) -> Result<()> {
    check_folder(&context.out)?;
    let missing = tools::missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("This machine lacks:");
    for need in &missing {
        eprintln!("    {:<24} {} (package {})", need.name, need.why, need.package);
    }
    let packages = tools::packages(&missing);
    let line = install_line(&packages);
    if context.dry_run {
        eprintln!("would run: {line}");
        return Ok(());
    }
    let Some(prefix) = privilege() else {
        return Err(ExitKind::Missing(format!(
            "install what is missing with this line, then try again:\n    {line}"
        ))
        .into());
    };
    if context.offline {
        return Err(ExitKind::Missing(format!(
            "--offline forbids installing it; run without it, or run: {line}"
        ))
        .into());
    }
    eprintln!("Installing {} (apt-get)", packages.join(" "));
    install(context, prefix, &packages)?;
    let still = tools::missing(needs);
    if !still.is_empty() {
        let names: Vec<&str> = still.iter().map(|need| need.name).collect();
        bail!("apt-get succeeded, but these are still missing: {}", names.join(", "));
    }
    Ok(())
}

/// cargo and make separate paths by a colon, make ends a rule at a line end, and rust-lld reads `%` as a pattern.
fn check_folder(folder: &Path) -> Result<()> {
    let text = folder.to_string_lossy();
    let Some(bad) = [':', '\n', '%'].into_iter().find(|bad| text.contains(*bad)) else {
        return Ok(());
    };
    Err(ExitKind::Usage(format!(
        "cargo, make and the linker cannot build in {folder:?}, which has {bad:?} in its name; set CARGO_TARGET_DIR to another folder"
    ))
    .into())
}

/// The prefix that runs a command as root: nothing as root, `sudo -n` with passwordless sudo.
fn privilege() -> Option<&'static [&'static str]> {
    if nix::unistd::geteuid().is_root() {
        return Some(&[]);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    sudo.status().is_ok_and(|status| status.success()).then_some(&["sudo", "-n"])
}

fn install(context: &CommandContext, prefix: &[&str], packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> = prefix
            .iter()
            .copied()
            .chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).args(["-o", "DPkg::Lock::Timeout=120"]).args(arguments);
        command
    };
    let mut log = StepLog::create(&context.out.join("logs"), "packages", "installing packages")?;
    log.run(&mut apt(&["update"]))?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    log.run(&mut apt(&arguments))?;
    log.finish();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_the_tools_cannot_build_in_is_refused_with_the_remedy() {
        for odd in ["/a b/c, d/'e'/\"f\"/-g/é/$h=i", "relative"] {
            check_folder(Path::new(odd)).unwrap();
        }
        for bad in ["/a:b/target", "/100%/target", "/two\nlines"] {
            let error = check_folder(Path::new(bad)).unwrap_err();
            assert!(matches!(error.downcast_ref(), Some(ExitKind::Usage(_))));
            assert!(error.to_string().contains("CARGO_TARGET_DIR"), "{error}");
        }
    }
}
