// SPDX-License-Identifier: GPL-2.0-or-later
//! The probe is bounded, and distinguishes the states of KVM.

use std::time::{Duration, Instant};

use super::{PATIENCE, folder, guest, limits, machine};
use guest_run::tiny_guest::TinyGuest;
use guest_run::{Accelerator, KvmState, Machine, Qemu, probe, run};

pub(super) fn the_probe_ends_within_five_seconds_and_chooses_what_runs(qemu: &Qemu) {
    let folder = folder();
    let begun = Instant::now();
    let found = probe(qemu).unwrap();
    let took = begun.elapsed();
    eprintln!("probe: {took:?}, {found:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(found.tcg > Duration::ZERO);
    match &found.kvm {
        KvmState::Usable { took } => {
            assert!(*took > Duration::ZERO);
            assert_eq!(found.accelerator(), Accelerator::Kvm);
        }
        state => {
            assert_eq!(found.accelerator(), Accelerator::Tcg);
            assert!(state.remedy().is_some() && !state.to_string().is_empty());
        }
    }
    // What was chosen does run a guest.
    let machine = Machine { accelerator: found.accelerator(), ..machine() };
    let code = TinyGuest::new().print("runs\n").exit(0x10);
    run(qemu, &machine, &guest(folder.path(), &code), &limits(PATIENCE))
        .unwrap()
        .verdict()
        .unwrap();
}
