// SPDX-License-Identifier: GPL-2.0-or-later
//! The texts generated for the archive: how to start, where the sources are, how to reproduce the build.

/// The facts for the texts.
pub(crate) struct About<'a> {
    pub version: &'a str,
    pub revision: &'a str,
    /// A description of the sources of kernel and busybox.
    pub sources: &'a str,
}

impl About<'_> {
    pub(crate) fn start(&self) -> String {
        format!(
            "# µChaos {}\n
Two machines run the same timing-jitter engine; compare what comes out of them. Nothing here needs a compiler, root or a network.\n
```sh
sudo apt install qemu-system-x86       # the one thing that must be installed
./uchaos doctor                        # QEMU and its accelerator
./uchaos compare                       # the main job: both machines, the assessment, a report in runs/
./uchaos lab                           # guided experiments
./uchaos run-bare                      # the microkernel's monitor
./uchaos run-linux                     # a shell in the Linux guest
./uchaos watch                         # a live view of a guest's noise
./uchaos collect PATH                  # captures from a USB stick become a report
sudo dd if=uchaos-usb.img of=/dev/sdX bs=1M conv=fsync   # a stick that boots both machines on a PC: docs/hardware.md first
./ea --help                            # NIST SP 800-90B on files of your own
./uchaos verify SHA256SUMS             # whether every file is as it was packed
```\n
Where the texts say `cargo xtask`, type `./uchaos`. A class: docs/teaching.md.\n",
            self.version
        )
    }

    pub(crate) fn source(&self) -> String {
        format!(
            "# Sources\n
The programs, the microkernel, the module `uchaos` and `uchaosbox` are free software under the GNU General Public License, version 2
or later (LICENSE); `ea` and its library are also under MIT or Apache-2.0. LICENSES-crates.md has the licences of the crates in them.\n
The Linux kernel and busybox in `images/` and on the USB image are under the GNU General Public License, version 2, and GRUB on the USB
image is under version 3 or later (LICENSE-GRUB). Kernel and busybox were built from unmodified sources with the configuration that is in
the project's source:\n
- {}\n
If you pass this archive on, pass on the source with it, or an offer of it: the project's source at revision {} and these
files, as `cargo xtask sources` fetches and checks them. Sources of Debian's packages are also at <https://snapshot.debian.org>.\n",
            self.sources.replace("; ", "\n- "),
            self.revision
        )
    }

    pub(crate) fn reproduce(&self) -> String {
        format!(
            "# Build the same bytes\n
In a checkout of revision {}, on Debian 12 with its compilers and the Rust toolchain of `rust-toolchain.toml`:\n
```sh
cargo xtask setup
cargo xtask dist
```\n
The archive is then in `target/uchaos/dist/`. To compare file by file with a download:\n
```sh
cargo xtask verify DOWNLOAD/SHA256SUMS --with target/uchaos/dist/uchaos-{}-x86_64
```\n
Paths of the checkout and of crates do not reach the files. What does: the versions of compiler, linker and assembler, and the sources
named in SOURCE.md.\n",
            self.revision, self.version
        )
    }
}
