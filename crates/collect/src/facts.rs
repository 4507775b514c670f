// SPDX-License-Identifier: GPL-2.0-or-later
//! The facts in a capture about its machine.

use std::collections::BTreeMap;

use chaos_stick::MachineFact;

/// The facts that distinguish two machines. Two computers of one model with the same firmware count as one: what would
/// distinguish them (serial numbers, addresses) is never recorded.
const IDENTITY: [MachineFact; 11] = [
    MachineFact::Cpu,
    MachineFact::CpuVendor,
    MachineFact::CpuFamily,
    MachineFact::CpuModel,
    MachineFact::CpuStepping,
    MachineFact::Microcode,
    MachineFact::Hypervisor,
    MachineFact::FirmwareVendor,
    MachineFact::FirmwareVersion,
    MachineFact::BoardVendor,
    MachineFact::BoardModel,
];

/// The known facts of a machine, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<&'static str, String>);

impl Facts {
    /// The facts among the fields of a meta frame.
    pub fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut facts = BTreeMap::new();
        for (key, value) in fields {
            let Some(fact) = MachineFact::from_word(key) else { continue };
            let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            if !value.is_empty() && value != "unknown" {
                facts.entry(fact.word()).or_insert(value);
            }
        }
        Self(facts)
    }

    #[must_use]
    pub fn get(&self, fact: MachineFact) -> Option<&str> {
        self.0.get(fact.word()).map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.as_str()))
    }

    /// Whether both can be of one machine: no fact known to both differs.
    #[must_use]
    pub fn agree(&self, other: &Self) -> bool {
        IDENTITY.iter().all(|fact| match (self.get(*fact), other.get(*fact)) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        })
    }

    /// Adds the additional facts of `other`.
    pub fn extend(&mut self, other: &Self) {
        for (key, value) in &other.0 {
            self.0.entry(key).or_insert_with(|| value.clone());
        }
    }

    /// The kind of timing: the accelerator's name in results.
    #[must_use]
    pub fn accelerator(&self) -> &'static str {
        match self.get(MachineFact::Hypervisor) {
            Some("none") => "hardware",
            Some(name) if name.starts_with("TCG") => "tcg",
            Some(name) if name.starts_with("KVM") => "kvm",
            Some(_) => "vm",
            None => "unknown",
        }
    }

    /// A short description: board and processor.
    #[must_use]
    pub fn name(&self) -> String {
        let board = [MachineFact::BoardVendor, MachineFact::BoardModel];
        let board: Vec<&str> = board.iter().filter_map(|fact| self.get(*fact)).collect();
        let cpu = self.get(MachineFact::Cpu).unwrap_or("unknown processor");
        if board.is_empty() { cpu.to_owned() } else { format!("{}, {cpu}", board.join(" ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_facts_agree_with_any_and_different_ones_do_not() {
        let bare =
            Facts::of([("cpu", "  Fast CPU   3000 "), ("board_model", "unknown"), ("turns", "1")]);
        let linux =
            Facts::of([("cpu", "Fast CPU 3000"), ("board_model", "X1"), ("microcode", "0x1")]);
        let other = Facts::of([("cpu", "Fast CPU 3000"), ("board_model", "X2")]);
        assert!(bare.agree(&linux) && linux.agree(&bare));
        assert!(!linux.agree(&other));
        let mut both = bare.clone();
        both.extend(&linux);
        assert_eq!(both.name(), "X1, Fast CPU 3000");
        assert!(!both.agree(&other));
        assert_eq!(both.iter().count(), 3);
    }

    #[test]
    fn an_emulator_is_never_called_hardware() {
        let of = |name| Facts::of([("hypervisor", name)]).accelerator();
        assert_eq!(of("none"), "hardware");
        assert_eq!(of("TCGTCGTCGTCG"), "tcg");
        assert_eq!(of("KVMKVMKVM"), "kvm");
        assert_eq!(of("Microsoft Hv"), "vm");
        assert_eq!(of(""), "unknown");
        assert_eq!(Facts::default().accelerator(), "unknown");
    }
}
