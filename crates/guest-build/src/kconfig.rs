// SPDX-License-Identifier: GPL-2.0-or-later
//! Kconfig fragments (the kernel's and busybox's): one option per line, each with its reason; and the check that
//! every requested option took effect, since Kconfig silently drops options with unmet dependencies.
//!
//! ```text
//! CONFIG_SLOB=y     # [< 6.2] the smallest allocator; 6.4 dropped it
//! CONFIG_SMP=n      # one CPU: the measurement is of one core
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Major and minor version of a kernel or of busybox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 5 in 5.15.
    pub major: u32,
    /// 15 in 5.15.
    pub minor: u32,
}

impl Version {
    /// Reads `5.15`, `5.15.200` or `6.1.192-2`.
    pub fn parse(text: &str) -> Result<Self> {
        let mut numbers = text.trim().split(['.', '-', '~']).map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => bail!("'{text}' is not a version such as 5.15.200"),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

/// The requested options: option to value, `n` for off. Later fragments override earlier ones.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Options {
    wanted: BTreeMap<String, String>,
}

impl Options {
    /// Adds a fragment's options that hold for `version`.
    pub fn add_file(&mut self, path: &Path, version: Version) -> Result<()> {
        let text = fs_err::read_to_string(path)?;
        self.add(&text, version).with_context(|| format!("in {}", path.display()))
    }

    /// Adds the text of a fragment.
    fn add(&mut self, text: &str, version: Version) -> Result<()> {
        let mut seen = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let Some((option, value, condition)) =
                read_line(line).with_context(|| format!("line {number}"))?
            else {
                continue;
            };
            if condition.is_some_and(|condition| !condition.holds(version)) {
                continue;
            }
            if let Some(before) = seen.insert(option, number) {
                bail!("line {number} requests {option} again after line {before}");
            }
            self.set(option, value);
        }
        Ok(())
    }

    /// Requests one more option.
    pub fn set(&mut self, option: &str, value: &str) {
        self.wanted.insert(option.to_owned(), value.to_owned());
    }

    /// The options as Kconfig reads them.
    pub fn to_config(&self) -> String {
        self.wanted
            .iter()
            .map(|(option, value)| match value.as_str() {
                "n" => format!("# {option} is not set\n"),
                value => format!("{option}={value}\n"),
            })
            .collect()
    }

    /// Compares them with the `.config` that Kconfig generated.
    pub fn check_taken(&self, config: &str) -> Result<()> {
        let taken: BTreeMap<&str, &str> =
            config.lines().filter_map(|line| line.split_once('=')).collect();
        let lost: Vec<String> = self
            .wanted
            .iter()
            .filter_map(|(option, wanted)| {
                let found = taken.get(option.as_str()).copied().unwrap_or("n");
                (found != wanted).then(|| format!("  {option}: requested {wanted}, got {found}"))
            })
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        bail!(
            "{} of the requested options had no effect (a dependency is missing, or this version has no such option; \
             `# [< 6.2]` before the reason limits a line to versions):\n{}",
            lost.len(),
            lost.join("\n")
        )
    }
}

/// Parses a fragment's line: option, value and versions; `None` for comments and empty lines.
fn read_line(line: &str) -> Result<Option<(&str, &str, Option<Condition>)>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (setting, reason) =
        line.split_once('#').with_context(|| format!("'{line}' lacks its reason after a #"))?;
    let (option, value) =
        setting.trim().split_once('=').with_context(|| format!("'{line}' is not OPTION=value"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !option.starts_with("CONFIG_") || !option.chars().all(plain) || value.is_empty() {
        bail!("'{setting}' is not CONFIG_OPTION=value");
    }
    let (condition, reason) = match reason.trim().strip_prefix('[') {
        Some(rest) => {
            let (condition, reason) =
                rest.split_once(']').with_context(|| format!("'{line}' has a [ without ]"))?;
            (Some(Condition::parse(condition)?), reason)
        }
        None => (None, reason),
    };
    if reason.trim().is_empty() {
        bail!("'{line}' lacks its reason after the #");
    }
    Ok(Some((option, value, condition)))
}

/// `< 6.2` or `>= 6.2`.
#[derive(Debug, Clone, Copy)]
enum Condition {
    Before(Version),
    Since(Version),
}

impl Condition {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Some(version) = text.strip_prefix(">=") {
            return Ok(Self::Since(Version::parse(version)?));
        }
        match text.strip_prefix('<') {
            Some(version) => Ok(Self::Before(Version::parse(version)?)),
            None => bail!("[{text}] is neither [< VERSION] nor [>= VERSION]"),
        }
    }

    fn holds(self, version: Version) -> bool {
        match self {
            Self::Before(limit) => version < limit,
            Self::Since(first) => version >= first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str, version: &str) -> Result<Options> {
        let mut options = Options::default();
        options.add(text, Version::parse(version).unwrap()).map(|()| options)
    }

    #[test]
    fn versions_order_by_number() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("5.15.200") < version("6.1.192-2") && version("6.2") < version("6.12"));
        assert!(Version::parse("next-2026").is_err());
    }

    #[test]
    fn conditions_choose_lines_and_reasons_are_required() {
        let text = "# a comment\n\nCONFIG_SLOB=y # [< 6.2] small\nCONFIG_SLUB_TINY=y # [>= 6.2] small\nCONFIG_SMP=n # one\n";
        assert_eq!(
            options(text, "6.1").unwrap().to_config(),
            "CONFIG_SLOB=y\n# CONFIG_SMP is not set\n"
        );
        assert_eq!(
            options(text, "6.12").unwrap().to_config(),
            "CONFIG_SLUB_TINY=y\n# CONFIG_SMP is not set\n"
        );
        for wrong in
            ["CONFIG_A=y", "CONFIG_A=y #", "CONFIG_A=y # [< 6.2]", "CONFIG_A # why", "A=y # why"]
        {
            assert!(options(wrong, "6.1").is_err(), "{wrong}");
        }
        let twice = format!("{:#}", options("CONFIG_A=y # a\nCONFIG_A=n # b", "6.1").unwrap_err());
        assert!(twice.contains("line 2") && twice.contains("line 1"), "{twice}");
    }

    #[test]
    fn an_option_that_did_not_take_is_named_with_both_values() {
        let wanted =
            options("CONFIG_A=y # a\nCONFIG_B=n # b\nCONFIG_N=\"x=1\" # n\nCONFIG_C=15 # c", "6.1")
                .unwrap();
        wanted
            .check_taken("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_N=\"x=1\"\nCONFIG_C=15\n")
            .unwrap();
        let error = wanted
            .check_taken("CONFIG_B=y\nCONFIG_N=\"x=1\"\nCONFIG_C=14\n")
            .unwrap_err()
            .to_string();
        for part in
            ["3 of", "CONFIG_A: requested y, got n", "CONFIG_B: requested n, got y", "CONFIG_C"]
        {
            assert!(error.contains(part), "{error}");
        }
    }
}
