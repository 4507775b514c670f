// SPDX-License-Identifier: GPL-2.0-or-later
//! `linux-guest/profiles/NAME.toml`: the parts of one Linux guest. Everything that differs between guests is
//! in this file; the build steps follow it.

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chaos_wire::nearest;
use serde::{Deserialize, Serialize};

use crate::toml_text;
use guest_run::{ExitKind, Server};

/// The default profile.
pub const DEFAULT: &str = "uchaos";

/// The fragment in linux-guest/kernel for more than one processor.
const SMP_FRAGMENT: &str = "smp";
/// Kernel arguments of profiles with one processor: the others need their interrupt controllers.
const WITHOUT_APIC: [&str; 2] = ["noapic", "nolapic"];
/// On a busy host the emulated timer ticks late: a kernel that checks it with the IO-APIC finds it broken and panics.
const NO_TIMER_CHECK: &str = "no_timer_check";

/// One Linux guest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The file's name without `.toml`.
    #[serde(skip)]
    pub name: String,
    /// One line for `--help` and the report.
    pub description: String,
    /// Whether `run-linux` gives it a network card, on QEMU's user network.
    #[serde(default)]
    pub network: bool,
    /// Whether it takes a folder of the host's, and a command to run.
    #[serde(default)]
    pub share: bool,
    /// Whether its machine has virtio-rng, which hands it bytes of the host's generator.
    #[serde(default)]
    pub host_rng: bool,
    pub kernel: KernelProfile,
    pub userland: UserlandProfile,
    /// A read-only disk with programs of Debian's.
    pub disk: Option<DiskProfile>,
    /// The service that it provides.
    pub server: Option<Server>,
}

/// A guest's read-only disk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskProfile {
    /// Names of Debian's packages, in `[debs]` of sources.toml.
    pub packages: Vec<String>,
    /// Paths of programs in them; the libraries that they need are included.
    pub programs: Vec<String>,
    /// Paths of other files and folders in them.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A guest's kernel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelProfile {
    /// Names in sources.toml; the first available one is built.
    pub sources: Vec<String>,
    /// `linux-guest/kernel/NAME.config`, later ones override earlier ones.
    pub fragments: Vec<String>,
    pub compression: Compression,
    /// Which form of the kernel is booted.
    #[serde(default)]
    pub boot: BootForm,
    /// The kernel's part of the command line; jobs are appended.
    pub command_line: String,
}

/// A guest's userland.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserlandProfile {
    /// Names in sources.toml; the first available one is built.
    #[serde(default)]
    pub busybox: Vec<String>,
    /// The same, instead of busybox.
    #[serde(default)]
    pub toybox: Vec<String>,
    /// `linux-guest/busybox/NAME.config` or the same in `toybox/`, later ones override earlier ones.
    pub applets: Vec<String>,
    /// `linux-guest/rootfs-extra/NAME/`, copied on top of `linux-guest/rootfs` in this order.
    #[serde(default)]
    pub rootfs: Vec<String>,
    /// Whether uchaosbox has the applet that measures a PC from a USB stick.
    #[serde(default)]
    pub stick: bool,
}

impl UserlandProfile {
    /// The sources of busybox or of toybox.
    #[must_use]
    pub fn sources(&self) -> &[String] {
        if self.toybox.is_empty() { &self.busybox } else { &self.toybox }
    }
}

/// Which form of the kernel is booted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BootForm {
    /// The packed kernel, for boot loaders and other emulators.
    #[default]
    Bzimage,
    /// The kernel as linked, entered by PVH like the microkernel: nothing has to be unpacked. It is kept
    /// next to bzImage.
    Vmlinux,
}

/// The compression of bzImage: smaller takes longer to unpack at boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// The fastest to unpack, and the largest.
    Lz4,
    Gzip,
    /// Nearly as small as xz, and several times faster to unpack.
    Zstd,
    /// The smallest, and the slowest to unpack.
    Xz,
}

impl Compression {
    /// The Kconfig option that selects it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Lz4 => "CONFIG_KERNEL_LZ4",
            Self::Gzip => "CONFIG_KERNEL_GZIP",
            Self::Zstd => "CONFIG_KERNEL_ZSTD",
            Self::Xz => "CONFIG_KERNEL_XZ",
        }
    }
}

impl Profile {
    /// Reads the profile of that name.
    pub fn read(root: &Path, name: &str) -> Result<Self> {
        let folder = folder(root);
        let path = folder.join(format!("{name}.toml"));
        if name.contains(['/', '.']) || !path.exists() {
            let names = names(root)?;
            let meant = nearest(name, names.iter().map(String::as_str))
                .map(|nearest| format!("did you mean '{nearest}'? "))
                .unwrap_or_default();
            let text = format!(
                "no profile is called '{name}' in {}; {meant}There are {}",
                folder.display(),
                names.join(", ")
            );
            return Err(ExitKind::Usage(text).into());
        }
        let text = fs::read_to_string(&path)?;
        let mut profile: Self =
            toml_text::parse(&text).with_context(|| format!("in {}", path.display()))?;
        name.clone_into(&mut profile.name);
        if profile.userland.busybox.is_empty() == profile.userland.toybox.is_empty() {
            bail!("{}: [userland] names the sources of busybox or of toybox", path.display());
        }
        let parts = [
            profile.kernel_fragments(root),
            profile.applet_fragments(root),
            profile.rootfs_folders(root),
        ];
        if let Some(part) = parts.iter().flatten().find(|part| !part.exists()) {
            bail!("{} names {}, which does not exist", path.display(), part.display());
        }
        Ok(profile)
    }

    /// The same guest with a kernel for several processors.
    #[must_use]
    pub fn for_several_cpus(mut self) -> Self {
        self.name.push_str("-smp");
        if !self.kernel.fragments.iter().any(|name| name == SMP_FRAGMENT) {
            self.kernel.fragments.push(SMP_FRAGMENT.to_owned());
        }
        let arguments = self.kernel.command_line.split(' ');
        let kept = arguments.filter(|text| !WITHOUT_APIC.contains(text));
        self.kernel.command_line = kept.chain([NO_TIMER_CHECK]).collect::<Vec<_>>().join(" ");
        self
    }

    /// The files of the kernel's fragments.
    pub fn kernel_fragments(&self, root: &Path) -> Vec<PathBuf> {
        fragment_files(&root.join("linux-guest/kernel"), &self.kernel.fragments)
    }

    /// The folders that the initramfs is filled from.
    pub fn rootfs_folders(&self, root: &Path) -> Vec<PathBuf> {
        let extra = root.join("linux-guest/rootfs-extra");
        std::iter::once(root.join("linux-guest/rootfs"))
            .chain(self.userland.rootfs.iter().map(|name| extra.join(name)))
            .collect()
    }

    /// The files of busybox's or toybox's fragments.
    pub fn applet_fragments(&self, root: &Path) -> Vec<PathBuf> {
        let folder = if self.userland.toybox.is_empty() { "busybox" } else { "toybox" };
        fragment_files(&root.join("linux-guest").join(folder), &self.userland.applets)
    }
}

/// The names of all profiles, sorted.
pub fn names(root: &Path) -> Result<Vec<String>> {
    let folder = folder(root);
    let entries = fs::read_dir(&folder)?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("listing {}", folder.display()))?.path();
        if path.extension().is_some_and(|ending| ending == "toml")
            && let Some(name) = path.file_stem()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn folder(root: &Path) -> PathBuf {
    root.join("linux-guest/profiles")
}

fn fragment_files(folder: &Path, names: &[String]) -> Vec<PathBuf> {
    names.iter().map(|name| folder.join(format!("{name}.config"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kconfig::{Options, Version};

    fn root() -> &'static Path {
        Path::new("../..")
    }

    #[test]
    fn every_profile_and_fragment_of_the_checkout_is_sound() {
        let names = names(root()).unwrap();
        assert!(names.iter().any(|name| name == DEFAULT), "{names:?}");
        for name in names {
            let profile = Profile::read(root(), &name).unwrap();
            for version in ["5.15", "6.1", "6.6", "6.12", "6.18"] {
                let version = Version::parse(version).unwrap();
                let mut options = Options::default();
                for fragment in profile.kernel_fragments(root()) {
                    options.add_file(&fragment, version).unwrap();
                }
                assert!(options.to_config().contains("CONFIG_VIRTIO_CONSOLE=y"), "{name}");
            }
            let several = profile.for_several_cpus();
            assert!(!several.kernel.command_line.contains("apic"), "{name}");
            assert!(several.kernel_fragments(root()).iter().all(|file| file.exists()), "{name}");
        }
    }

    #[test]
    fn an_unknown_profile_and_an_unknown_key_name_the_nearest() {
        let error = Profile::read(root(), "ucaos").unwrap_err().to_string();
        assert!(error.contains("did you mean 'uchaos'?"), "{error}");
        assert!(Profile::read(root(), "../profiles/uchaos").is_err());
        let folder = tempfile::tempdir().unwrap();
        let profiles = folder.path().join("linux-guest/profiles");
        fs::create_dir_all(&profiles).unwrap();
        let text = fs::read_to_string(root().join("linux-guest/profiles/uchaos.toml")).unwrap();
        fs::write(profiles.join("mine.toml"), text.replace("compression", "compresion")).unwrap();
        let error = format!("{:#}", Profile::read(folder.path(), "mine").unwrap_err());
        assert!(error.contains("did you mean `compression`?"), "{error}");
        assert!(error.contains("compresion") && error.contains("mine.toml"), "{error}");
    }
}
