// SPDX-License-Identifier: GPL-2.0-or-later
//! The Linux kernel of a profile: `allnoconfig` plus the profile's fragments, built outside its tree, without the names,
//! times and paths of this machine, so that builds are reproducible.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use super::kconfig::{Options, Version};
use super::kernel_source::{self, KernelSource};
use super::profile::Profile;
use super::work_dir;
use crate::compiler;
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::step;
use guest_run::CommandContext;

/// Files of linux-guest/kernel that a build needs besides the fragments. They are copied to its folder, since make splits the
/// path of a checkout that has spaces in it.
#[derive(Debug)]
struct Extras {
    files: Vec<PathBuf>,
    /// The arguments of make for them.
    variables: Vec<String>,
}

/// Read before the linker script of vmlinux.
const LINK_HEADER: &str = "link.h";
/// Read before every C file.
const OPTIONS_HEADER: &str = "options.h";
/// The first series that has what that header turns off.
const OPTIONS_SINCE: Version = Version { major: 6, minor: 13 };
/// The symbols that uchaos.ko needs, for kernels that export no others.
const EXPORTED: &str = "exported.txt";

/// A built kernel, and what a module's build needs of it.
#[derive(Debug, Clone)]
pub struct KernelBuild {
    /// Its source and fragments, for the names of steps and folders.
    pub name: String,
    /// The source tree: `make -C` there.
    pub source_dir: PathBuf,
    /// `O=` of that make.
    pub build_dir: PathBuf,
    /// As printed by `uname -r`.
    pub release: String,
    pub bzimage: PathBuf,
    /// The linked kernel with its symbols.
    pub vmlinux: PathBuf,
    pub from: String,
    /// A note to the user if this is not the profile's preferred kernel.
    pub banner: Option<String>,
}

/// Builds the profile's kernel, from the user's tree or tarball if one is given.
pub fn build(
    context: &CommandContext,
    profile: &Profile,
    own: Option<&Path>,
) -> Result<KernelBuild> {
    let source = kernel_source::prepare(context, profile, own)?;
    if let Some(banner) = &source.banner {
        eprintln!("\n    *** {banner} ***\n");
    }
    let options = options(context, profile, source.version)?;
    // Profiles with the same fragments share a build; kernels from other sources get their own folders.
    let name = format!(
        "{}-{}-{}",
        source.release,
        kernel_source::short(&source.identity),
        profile.kernel.fragments.join("-")
    );
    let step = format!("kernel-{name}");
    let build_dir = work_dir::for_builds(context, &step)?;
    let bzimage = build_dir.join("arch/x86/boot/bzImage");
    let vmlinux = build_dir.join("vmlinux");
    let extras = Extras::of(&context.root, source.version, &options, &build_dir);
    let symvers = build_dir.join("Module.symvers");
    let release_file = build_dir.join("include/config/kernel.release");
    let inputs = Inputs::new()
        .text("source", source.identity.clone())
        .text("source folder", source.dir.display().to_string())
        .text("options", options.to_config());
    // For the one header alone make is always given the same.
    let inputs = match extras.variables.as_slice() {
        [_] => inputs,
        variables => inputs.text("variables", variables.join(" ")),
    };
    let inputs =
        extras.files.iter().fold(inputs, Inputs::path).text("compiler", compiler::versions()?);
    step::run(context, &step, &inputs, &[&bzimage, &vmlinux, &symvers, &release_file], |log| {
        configure(&source, &build_dir, &options, log)?;
        compile(&source.dir, &build_dir, &extras, log)
    })?;
    let release = match fs::read_to_string(&release_file) {
        Ok(text) => text.trim().to_owned(),
        Err(_) if context.dry_run => source.release.clone(),
        Err(error) => {
            return Err(error).with_context(|| format!("reading {}", release_file.display()));
        }
    };
    Ok(KernelBuild {
        name,
        source_dir: source.dir,
        build_dir,
        release,
        bzimage,
        vmlinux,
        from: source.from,
        banner: source.banner,
    })
}

/// `make` for this kernel and its modules, without the caller's environment.
pub fn make(source_dir: &Path, build_dir: &Path) -> Command {
    let mut make = quiet_make();
    make.arg("-C").arg(source_dir).arg(format!("O={}", build_dir.display()));
    // An empty LOCALVERSION omits the `+` that a git checkout around the tree would add.
    make.args(["ARCH=x86_64", "LOCALVERSION="]).args(compiler::make_variables());
    make.env("KBUILD_BUILD_TIMESTAMP", "Sun Mar  1 00:00:00 UTC 2026")
        .env("KBUILD_BUILD_VERSION", "1")
        .env("KBUILD_BUILD_USER", "uchaos")
        .env("KBUILD_BUILD_HOST", "uchaos");
    make
}

/// `make` on all processors, without the caller's environment.
pub fn quiet_make() -> Command {
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut make = Command::new("make");
    make.arg(format!("-j{jobs}"));
    // A compiler set in the environment is rejected before any step (see `compiler`). These come from a make that called this
    // program, or are flags that a build would silently use.
    for name in
        ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "KBUILD_OUTPUT", "CFLAGS", "CPPFLAGS", "LDFLAGS"]
    {
        make.env_remove(name);
    }
    make.env("LC_ALL", "C");
    make
}

fn options(context: &CommandContext, profile: &Profile, version: Version) -> Result<Options> {
    let mut options = Options::default();
    for fragment in profile.kernel_fragments(&context.root) {
        options.add_file(&fragment, version)?;
    }
    options.set(profile.kernel.compression.option(), "y");
    Ok(options)
}

fn configure(
    source: &KernelSource,
    build_dir: &Path,
    options: &Options,
    log: &mut StepLog,
) -> Result<()> {
    let wanted = build_dir.join("wanted.config");
    fs::write(&wanted, options.to_config())?;
    log.run(make(&source.dir, build_dir).arg("allnoconfig").env("KCONFIG_ALLCONFIG", &wanted))
        .context("configuring the kernel")?;
    let config = build_dir.join(".config");
    let taken = fs::read_to_string(&config)?;
    options.check_taken(&taken).with_context(|| format!("configuring Linux {}", source.release))
}

impl Extras {
    fn of(root: &Path, version: Version, options: &Options, build_dir: &Path) -> Self {
        let mut names = vec![LINK_HEADER];
        // This replaces the makefile's own value, -Ux86_64.
        let include = |name| format!("-include {}", build_dir.join(copied(name)).display());
        let mut variables = vec![format!("CPPFLAGS_vmlinux.lds=-Ux86_64 {}", include(LINK_HEADER))];
        if version >= OPTIONS_SINCE {
            names.push(OPTIONS_HEADER);
            // Without padding between functions, as before 6.2, which aligns them for speed.
            variables.push(format!("KCFLAGS=-falign-functions=1 {}", include(OPTIONS_HEADER)));
        }
        if options.to_config().contains(&format!("\"{}\"", copied(EXPORTED))) {
            names.push(EXPORTED);
        }
        let folder = root.join("linux-guest/kernel");
        Self { files: names.into_iter().map(|name| folder.join(name)).collect(), variables }
    }
}

/// The name of a copy in the build folder.
fn copied(name: &str) -> String {
    format!("uchaos-{name}")
}

fn compile(source_dir: &Path, build_dir: &Path, extras: &Extras, log: &mut StepLog) -> Result<()> {
    for file in &extras.files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        fs::copy(file, build_dir.join(copied(&name)))?;
    }
    let (bar, path, done) = (log.bar().clone(), log.path().to_path_buf(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let label = bar.message();
            while !bar.is_hidden() && !done.load(Ordering::Relaxed) {
                let text = fs::read(&path).unwrap_or_default();
                let objects = text
                    .split(|byte| *byte == b'\n')
                    .filter(|line| line.starts_with(b"  CC "))
                    .count();
                bar.set_message(format!("{label} {objects} objects"));
                std::thread::park_timeout(Duration::from_secs(1));
            }
        });
        let built = log
            .run(make(source_dir, build_dir).args(&extras.variables).args(["bzImage", "modules"]))
            .context("compiling the kernel");
        done.store(true, Ordering::Relaxed);
        built
    })
}
