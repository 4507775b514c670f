// SPDX-License-Identifier: GPL-2.0-or-later
//! The contents of the archive.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;
use guest_run::progress::task;
use guest_run::{CommandContext, Images, file_sha256};

use crate::sbom::{self, HashedFile};
use crate::{archive, licences, packages, texts};

/// The folder of the images, and their description in it: `uchaos` looks for it next to itself.
const IMAGES: &str = guest_run::BUNDLED_IMAGES;
/// The kernel with its symbols.
const SYMBOLS: &str = "vmlinux.unstripped";
const SUMS: &str = "SHA256SUMS";
/// Texts of the checkout that belong to the programs.
const DOCS: [&str; 11] = [
    "README.md",
    "CHANGELOG.md",
    "docs/clones.md",
    "docs/concepts.md",
    "docs/ea.md",
    "docs/glossary.md",
    "docs/guests.md",
    "docs/hardware.md",
    "docs/noise.md",
    "docs/report.md",
    "docs/teaching.md",
];
const LABS: &str = "docs/lab";
/// Debian's copy of the licence, from its package base-files.
const GPL_3: &str = "/usr/share/common-licenses/GPL-3";

/// The inputs of the archive.
pub(crate) struct Bundle<'a> {
    pub images: &'a Images,
    /// The image of a USB stick.
    pub stick: &'a Path,
    pub programs: &'a [PathBuf; 2],
    pub revision: &'a str,
}

impl Bundle<'_> {
    /// Assembles the folder and packs it; returns the archive's path.
    pub(crate) fn write(&self, context: &CommandContext) -> Result<PathBuf> {
        let version = env!("CARGO_PKG_VERSION");
        let name = format!("uchaos-{version}-x86_64");
        let place = context.out.join("dist");
        let folder = place.join(&name);
        let archive = place.join(format!("{name}.tar.zst"));
        task(&context.next_label("archive"), |_| {
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            let mut files = self.copy(context, &folder)?;
            self.describe(context, &folder, version, &mut files)?;
            archive::pack(&folder, &files, &archive)
        })?;
        Ok(archive)
    }

    /// Copies programs, images and texts; returns their paths below the folder.
    fn copy(&self, context: &CommandContext, folder: &Path) -> Result<Vec<String>> {
        let mut files = Files { folder, names: Vec::new() };
        for program in self.programs {
            files.copy(program, &file_name(program))?;
        }
        files.copy(self.stick, &file_name(self.stick))?;
        // GRUB, on the stick, is under version 3 or later.
        files.copy(Path::new(GPL_3), "LICENSE-GRUB")?;
        let images = self.copy_images(&mut files)?;
        let description = folder.join(IMAGES);
        images.write(&description)?;
        files.names.push(IMAGES.to_owned());
        for doc in DOCS {
            files.copy(&context.root.join(doc), doc)?;
        }
        for entry in fs::read_dir(context.root.join(LABS))? {
            let path = entry?.path();
            files.copy(&path, &format!("{LABS}/{}", file_name(&path)))?;
        }
        files.copy(&context.root.join("LICENSE"), "LICENSE")?;
        Ok(files.names)
    }

    /// Copies the images, and describes them by paths below the folder of the description.
    fn copy_images(&self, files: &mut Files<'_>) -> Result<Images> {
        let mut images = self.images.clone();
        if let Some(linux) = &mut images.linux {
            // It has the same file name as the bootable kernel.
            files.copy(&linux.unstripped, &image_path(Path::new(SYMBOLS)))?;
            linux.unstripped = files.folder.join(image_path(Path::new(SYMBOLS)));
        }
        for path in images.paths_mut() {
            let name = image_path(path);
            if !files.names.contains(&name) {
                files.copy(path, &name)?;
            }
            *path = PathBuf::from(file_name(path));
        }
        Ok(images)
    }

    /// Adds licences, the bill of materials, the texts about sources and building, and the checksums.
    fn describe(
        &self,
        context: &CommandContext,
        folder: &Path,
        version: &str,
        files: &mut Vec<String>,
    ) -> Result<()> {
        let packages = packages::linked(context)?;
        let sources = format!("{}; {}", self.images.linux()?.source, grub_source()?);
        let about = texts::About { version, revision: self.revision, sources: &sources };
        let mut write = |name: &str, text: &[u8]| -> Result<()> {
            fs::write(folder.join(name), text)?;
            files.push(name.to_owned());
            Ok(())
        };
        write("LICENSES-crates.md", licences::document(&packages)?.as_bytes())?;
        write("SOURCE.md", about.source().as_bytes())?;
        write("REPRODUCE.md", about.reproduce().as_bytes())?;
        write("START.md", about.start().as_bytes())?;
        let mut sums = Vec::new();
        files.sort();
        for name in files.iter() {
            sums.push((name.clone(), file_sha256(&folder.join(name))?));
        }
        let hashed: Vec<HashedFile<'_>> =
            sums.iter().map(|(path, sha256)| HashedFile { path, sha256 }).collect();
        let bill = sbom::json(version, &sources, &packages, &hashed)?;
        let bill_name = "sbom.cdx.json";
        fs::write(folder.join(bill_name), bill)?;
        sums.push((bill_name.to_owned(), file_sha256(&folder.join(bill_name))?));
        let lines: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        fs::write(folder.join(SUMS), lines)?;
        files.extend([bill_name.to_owned(), SUMS.to_owned()]);
        files.sort();
        Ok(())
    }
}

/// The source of the boot loader on the stick.
fn grub_source() -> Result<String> {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f=${Version}", "grub-pc-bin"]);
    let output = query.output().context("asking dpkg-query for GRUB's version")?;
    anyhow::ensure!(output.status.success(), "Debian's package grub-pc-bin is not installed");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(format!("GRUB {version} from Debian's source package grub2, on the USB image"))
}

/// The files in a folder.
struct Files<'a> {
    folder: &'a Path,
    names: Vec<String>,
}

impl Files<'_> {
    fn copy(&mut self, from: &Path, name: &str) -> Result<()> {
        let to = self.folder.join(name);
        let parent = to.parent().context("a file of the archive lies in a folder")?;
        fs::create_dir_all(parent)?;
        fs::copy(from, &to)?;
        self.names.push(name.to_owned());
        Ok(())
    }
}

fn image_path(path: &Path) -> String {
    let folder = Path::new(IMAGES).parent().unwrap_or_else(|| Path::new(""));
    folder.join(file_name(path)).display().to_string()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
