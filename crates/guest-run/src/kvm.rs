// SPDX-License-Identifier: GPL-2.0-or-later
//! What QEMU says when KVM is there and does not run a guest. Some of these lines are followed by the end of QEMU, and
//! some by a guest that stands still for ever.

const REFUSALS: [&str; 7] = [
    "KVM internal error",
    "failed to initialize kvm",
    "Could not access KVM kernel module",
    "failed to set MSR",
    "failed to get MSR",
    "kvm run failed",
    "KVM_SET_",
];

/// Whether a line of QEMU's says that KVM does not run the guest.
pub(crate) fn is_kvm_refusal(line: &str) -> bool {
    REFUSALS.iter().any(|refusal| line.contains(refusal))
}
