// SPDX-License-Identifier: GPL-2.0-or-later
//! What a capture says about the machine that it was taken on.

use std::collections::BTreeMap;

use chaos_stick::MachineFact;

/// What tells two machines apart. Two computers of one model with the same firmware are one here: what would
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

/// What is known of a machine, by key.
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

    /// Whether both can be of one machine: no fact that both know differs.
    #[must_use]
    pub fn agree(&self, other: &Self) -> bool {
        IDENTITY.iter().all(|fact| match (self.get(*fact), other.get(*fact)) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        })
    }

    /// Adds what `other` knows in addition.
    pub fn extend(&mut self, other: &Self) {
        for (key, value) in &other.0 {
            self.0.entry(key).or_insert_with(|| value.clone());
        }
    }

    /// What kind of time the samples are: the accelerator's word in results.
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

    /// In a few words: board and processor.
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
