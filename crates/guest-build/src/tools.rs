// SPDX-License-Identifier: GPL-2.0-or-later
//! The needs of building, packaging and testing, in addition to those of booting a guest.

use guest_run::tools::{Need, need};

/// Needed by host tests, which are skipped without it.
pub const TO_TEST: &[Need] = &[
    need("chromium", "chromium", "opens the report in its own test"),
    need(
        "python3",
        "python3-venv",
        "computes the engine's known answers a second time, and runs the wheel",
    ),
];

/// Needed to build the images.
pub const TO_BUILD: &[Need] = &[
    need("gcc", "gcc", "compiles the Linux kernel and the module's C shim"),
    need("make", "make", "drives the kernel's and busybox's builds"),
    need("ld", "binutils", "links both kernels"),
    need("objcopy", "binutils", "prepares the engine object"),
    need("flex", "flex", "the kernel's configuration parser"),
    need("bison", "bison", "the kernel's configuration parser"),
    need("bc", "bc", "the kernel's time constants"),
    need("perl", "perl", "scripts of the kernel's build"),
    need("xz", "xz-utils", "unpacks and compresses the kernel"),
    need("bzip2", "bzip2", "unpacks busybox"),
    need("tar", "tar", "unpacks the sources"),
    need("patch", "patch", "scripts of the kernel's build"),
    need("cpio", "cpio", "the kernel's header archive, and our tests"),
    need("rsync", "rsync", "the kernel's header installation"),
    need("/usr/include/libelf.h", "libelf-dev", "the kernel's object checker"),
    need("/usr/include/stdio.h", "libc6-dev", "the C library's headers, for the builds' own tools"),
    need("musl-gcc", "musl-tools", "links busybox statically and small"),
    need("depmod", "kmod", "the kernel's module installation"),
    need(
        "dpkg-source",
        "dpkg-dev",
        "fetches Debian's source packages where upstream is out of reach",
    ),
];

/// Needed to make a profile's read-only disk.
pub const TO_MAKE_DISK: &[Need] = &[
    need("mksquashfs", "squashfs-tools", "packs the disk"),
    need("dpkg-deb", "dpkg", "unpacks Debian's packages"),
];

/// Needed by the checks of the database server.
pub const TO_TEST_SERVER: &[Need] = &[
    need("mariadb", "mariadb-client", "the client that users have"),
    need("mkfs.ext4", "e2fsprogs", "makes the disk for the data"),
];

/// Needed to build QEMU for the guest.
pub const TO_NEST: &[Need] = &[
    need("ninja", "ninja-build", "drives QEMU's build"),
    need("meson", "meson", "configures QEMU"),
    need("python3", "python3", "scripts of QEMU's build"),
    need("pkg-config", "pkg-config", "finds QEMU's libraries"),
    need("/usr/include/glib-2.0/glib.h", "libglib2.0-dev", "QEMU's base library"),
    need("/usr/include/zlib.h", "zlib1g-dev", "QEMU's compression"),
    need("/usr/include/pixman-1/pixman.h", "libpixman-1-dev", "QEMU's graphics, which it requires"),
    need("/usr/include/libfdt.h", "libfdt-dev", "QEMU's device trees"),
];

/// Needed to check the module's source, in addition to building it.
pub const TO_CHECK_MODULE: &[Need] =
    &[need("sparse", "sparse", "checks the module's C for addresses and locks of the wrong kind")];

/// Needed by the checks on packages and signed modules.
pub const TO_PACKAGE: &[Need] = &[
    need("dkms", "dkms", "builds the module from its package"),
    need("openssl", "openssl", "makes a key to sign a module with"),
];

/// Needed to make the image of a USB stick.
pub const TO_MAKE_STICK: &[Need] = &[
    need("grub-mkimage", "grub-common", "makes the boot loader"),
    need("/usr/lib/grub/x86_64-efi/moddep.lst", "grub-efi-amd64-bin", "the boot loader for UEFI"),
    need("/usr/lib/grub/i386-pc/boot.img", "grub-pc-bin", "the boot loader for BIOS"),
    need("mkfs.fat", "dosfstools", "makes the FAT volume"),
    need("mcopy", "mtools", "puts files onto it"),
];

/// Needed by the checks of sticks, which also boot by UEFI and check the written files.
pub const TO_TEST_STICK: &[Need] = &[
    need("/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf", "QEMU's UEFI firmware"),
    need("mkfs.fat", "dosfstools", "makes and checks FAT volumes"),
    need("mcopy", "mtools", "copies files to and from them"),
];

/// Needed by the checks of campaigns on Slurm, which start a cluster on this machine.
pub const TO_TEST_CAMPAIGNS: &[Need] = &[
    need("slurmctld", "slurmctld", "the controller of the checks' cluster"),
    need("slurmd", "slurmd", "its nodes"),
    need("sbatch", "slurm-client", "submits jobs to it"),
    need("munged", "munge", "authenticates its parts to each other"),
];
