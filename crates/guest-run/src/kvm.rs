// SPDX-License-Identifier: GPL-2.0-or-later
//! QEMU's messages when KVM is present but does not run a guest. After some of them QEMU ends; after others
//! the guest hangs forever.

const REFUSALS: [&str; 7] = [
    "KVM internal error",
    "failed to initialize kvm",
    "Could not access KVM kernel module",
    "failed to set MSR",
    "failed to get MSR",
    "kvm run failed",
    "KVM_SET_",
];

/// Whether this line from QEMU says that KVM does not run the guest.
pub(crate) fn is_kvm_refusal(line: &str) -> bool {
    REFUSALS.iter().any(|refusal| line.contains(refusal))
}
