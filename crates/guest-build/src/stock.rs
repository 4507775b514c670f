// SPDX-License-Identifier: GPL-2.0-or-later
//! The module for a distribution's kernel, built against its headers: the engine comes as a listing
//! ([`engine::listing_of`]) with the kernel's own returns, and the kernel's mitigations are checked.

pub mod debian;
pub mod dkms;

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::engine::{self, Engine};
use super::{kernel, module, work_dir};
use crate::compiler;
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::step;

use guest_run::CommandContext;
use guest_run::ExitKind;

/// A folder of kernel headers for building modules.
#[derive(Debug, Clone)]
pub struct Headers {
    dir: PathBuf,
    /// The kernel release, as printed by `uname -r`.
    pub release: String,
    config: String,
}

/// The key for signing a module.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The private key, as PEM.
    pub key: PathBuf,
    /// Its certificate, as PEM or DER.
    pub certificate: PathBuf,
}

impl Headers {
    /// Checks that a module can be built with the folder's headers.
    ///
    /// # Errors
    /// Returns an error ([`ExitKind::Missing`]) that names the missing part and how to get it.
    pub fn open(dir: &Path) -> Result<Self> {
        let missing = |what: &str, advice: &str| {
            ExitKind::Missing(format!("--kernel-headers {}: {what}; {advice}", dir.display()))
        };
        let advice = "install linux-headers-VERSION, and give /lib/modules/VERSION/build";
        let dir = fs::canonicalize(dir).map_err(|_| missing("there is no such folder", advice))?;
        // Not include/config/kernel.release: Debian's has the upstream version there.
        let release = dir.join("include/generated/utsrelease.h");
        for needed in [&dir.join("Makefile"), &dir.join(".config"), &release] {
            if !needed.exists() {
                let what = format!(
                    "this is not a folder of kernel headers: it has no {}",
                    shown(needed, &dir)
                );
                return Err(missing(&what, advice).into());
            }
        }
        if !dir.join("Module.symvers").exists() {
            let advice = "use the headers of a built kernel, or build this one";
            return Err(missing("it has no Module.symvers", advice).into());
        }
        let read = |path: &Path| {
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
        };
        for included in includes(&read(&dir.join("Makefile"))?) {
            if !included.exists() {
                let what =
                    format!("its Makefile includes {}, which does not exist", included.display());
                return Err(missing(&what, "install the package that has it").into());
            }
        }
        let headers = Self {
            release: quoted(&read(&release)?)
                .with_context(|| format!("{} names no release", release.display()))?,
            config: read(&dir.join(".config"))?,
            dir,
        };
        if !headers.has("CONFIG_X86_64") || !headers.has("CONFIG_MODULES") {
            let what = format!("Linux {} is not an x86-64 kernel with modules", headers.release);
            return Err(missing(&what, "the engine is x86-64 code").into());
        }
        headers.check_compiler()?;
        Ok(headers)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the kernel was built with an option.
    pub fn has(&self, option: &str) -> bool {
        self.config.lines().any(|line| line.strip_prefix(option) == Some("=y"))
    }

    /// Whether it was built with one of these names of one option in different versions.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// Debian's headers name the compiler with its version.
    fn check_compiler(&self) -> Result<()> {
        let variables = fs::read_to_string(self.dir.join(".kernelvariables")).unwrap_or_default();
        let named = variables
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("$(CROSS_COMPILE)"))
            .find(|word| word.starts_with("gcc"));
        match named {
            Some(compiler) if guest_run::tools::find(compiler).is_none() => Err(ExitKind::Missing(format!(
                "Linux {} is built with {compiler}, which is not on this machine: install the package {compiler}",
                self.release
            ))
            .into()),
            _ => Ok(()),
        }
    }

    fn make(&self, folder: &Path, goal: &str) -> Command {
        let mut make = kernel::quiet_make();
        // Type information for tracers would need pahole, and is not used here.
        make.arg("CONFIG_DEBUG_INFO_BTF_MODULES=");
        make.arg("-C").arg(&self.dir).arg(format!("M={}", folder.display())).arg(goal);
        make
    }

    /// Signs a module in place, like `make modules_install`.
    fn sign(&self, module: &Path, signing: &Signing, log: &mut StepLog) -> Result<()> {
        let tool = self.dir.join("scripts/sign-file");
        if !tool.exists() {
            let text = format!(
                "these headers have no scripts/sign-file, so nothing can be signed ({})",
                tool.display()
            );
            return Err(ExitKind::Missing(text).into());
        }
        let hash = self
            .config
            .lines()
            .find_map(|line| line.strip_prefix("CONFIG_MODULE_SIG_HASH="))
            .map_or("sha256", |value| value.trim_matches('"'));
        log.run(
            Command::new(&tool).arg(hash).arg(&signing.key).arg(&signing.certificate).arg(module),
        )
        .with_context(|| format!("signing {}", module.display()))
    }
}

/// Builds `uchaos.ko` for the kernel of these headers.
pub fn build(
    context: &CommandContext,
    headers: &Headers,
    engine_object: &Path,
    signing: Option<&Signing>,
) -> Result<PathBuf> {
    let step = format!("module-{}", headers.release);
    let module = context.out.join(&step).join("uchaos.ko");
    let listing = engine::listing_of(engine_object);
    let mut inputs = Inputs::new()
        .path(context.root.join(module::SHIM))
        .path(context.root.join(module::HEADER))
        .path(headers.dir.join("Module.symvers"))
        .text("headers", headers.dir.display().to_string())
        .text("config", headers.config.clone())
        .text("compiler", compiler::versions()?);
    // In a dry run the engine may not exist yet.
    if listing.exists() {
        inputs = inputs.path(engine_object).path(&listing);
    }
    if let Some(signing) = signing {
        inputs = inputs.path(&signing.key).path(&signing.certificate);
    }
    step::run(context, &step, &inputs, &[&module], |log| {
        let folder = work_dir::for_builds(context, &format!("{step}-build"))?;
        module::gather(context, &listing, "engine.S", &folder)?;
        compare_listing(engine_object, &listing, &folder, log)?;
        log.run(&mut headers.make(&folder, "modules"))?;
        let built = folder.join("uchaos.ko");
        log.run(Command::new("strip").arg("--strip-debug").arg(&built))?;
        let bytes = fs::read(&built)?;
        module::scan(&bytes).with_context(|| format!("scanning {}", built.display()))?;
        let code = engine::disassemble(&built)?;
        if headers.has_any(&["CONFIG_RETHUNK", "CONFIG_MITIGATION_RETHUNK"]) {
            check_returns(&code)?;
        }
        if headers.has("CONFIG_X86_KERNEL_IBT") && entries_have_endbr(headers, &folder, log)? {
            check_entries(&code)?;
        }
        if let Some(signing) = signing {
            headers.sign(&built, signing, log)?;
        }
        log.say(&format!("uchaos.ko for Linux {}: {} bytes", headers.release, bytes.len()))?;
        module::put_in_place(&built, &module)
    })?;
    Ok(module)
}

/// Assembles the listing with plain returns, and compares it with the object byte for byte.
fn compare_listing(object: &Path, listing: &Path, folder: &Path, log: &mut StepLog) -> Result<()> {
    let plain = folder.join("plain.o");
    log.run(Command::new("gcc").arg("-c").arg(listing).arg("-o").arg(&plain))?;
    let engine = Engine { object: object.to_path_buf(), sha256: None };
    let same = engine::verify(&engine, &plain)?;
    log.note(&format!(
        "with plain returns the listing is the engine: {} bytes are equal",
        same.compared_bytes
    ))?;
    fs::remove_file(&plain).with_context(|| format!("removing {}", plain.display()))
}

/// A kernel with return thunks requires every return to use one; neither modpost nor the loader checks this.
fn check_returns(code: &str) -> Result<()> {
    match code.lines().find(|line| line.ends_with("\tret") || line.contains("\tret ")) {
        Some(line) => {
            bail!(
                "the module returns directly instead of through the kernel's thunk: {}",
                line.trim()
            )
        }
        None => Ok(()),
    }
}

/// Whether the functions of this kernel's assembly begin with ENDBR. Where it tracks indirect branches, `SYM_FUNC_START` brings
/// it in 6.12, but not in 6.18: there only functions whose address is taken have it.
fn entries_have_endbr(headers: &Headers, folder: &Path, log: &mut StepLog) -> Result<bool> {
    let probe = folder.join("probe");
    fs::create_dir_all(&probe)?;
    fs::write(probe.join("Kbuild"), "obj-m := probe.o\n")?;
    fs::write(
        probe.join("probe.S"),
        "#include <linux/linkage.h>\nSYM_FUNC_START(probe)\n\tRET\nSYM_FUNC_END(probe)\n",
    )?;
    log.run(&mut headers.make(&probe, "probe.o"))?;
    Ok(first_instruction(&engine::disassemble(&probe.join("probe.o"))?, "probe")
        .is_some_and(is_endbr))
}

/// The engine's functions are called directly, so they need ENDBR only for consistency with the kernel's functions.
fn check_entries(code: &str) -> Result<()> {
    for name in engine::FUNCTIONS {
        match first_instruction(code, name) {
            Some(first) if is_endbr(first) => {}
            first => bail!(
                "the engine's {name} does not begin with endbr64 in the module, but with: {}",
                first.unwrap_or("nothing").trim()
            ),
        }
    }
    Ok(())
}

/// The line of a function's first instruction in a disassembly.
fn first_instruction<'code>(code: &'code str, function: &str) -> Option<&'code str> {
    code.lines().skip_while(|line| !line.ends_with(&format!("<{function}>:"))).nth(1)
}

fn is_endbr(line: &str) -> bool {
    line.trim_end().ends_with("endbr64")
}

/// The absolute files that a Makefile includes.
fn includes(makefile: &str) -> Vec<PathBuf> {
    makefile
        .lines()
        .filter_map(|line| line.strip_prefix("include /"))
        .map(|rest| PathBuf::from(format!("/{}", rest.trim())))
        .collect()
}

/// The text between the first two quotes.
fn quoted(text: &str) -> Option<String> {
    text.split('"').nth(1).map(str::to_owned)
}

fn shown(path: &Path, dir: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_compared_with_what_the_kernels_macro_gives() {
        let with = "0000000000000010 <probe>:\n  10:\tf3 0f 1e fa\tendbr64\n  14:\tc3\tret\n";
        let without = "0000000000000010 <probe>:\n  10:\tc3\tret\n";
        assert!(first_instruction(with, "probe").is_some_and(is_endbr));
        assert!(first_instruction(without, "probe").is_some_and(|line| !is_endbr(line)));
        assert_eq!(first_instruction(with, "other"), None);
        let error = check_entries(without).unwrap_err().to_string();
        assert!(error.contains("does not begin with endbr64"), "{error}");
    }

    fn refusal(dir: &Path) -> String {
        let error = Headers::open(dir).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ExitKind::Missing(_))), "{error:#}");
        format!("{error:#}")
    }

    #[test]
    fn each_thing_that_headers_may_lack_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("headers");
        let write = |name: &str, text: &str| {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert!(refusal(&dir).contains("no such folder"));
        write("Makefile", "include /no/such/common/Makefile\n");
        assert!(refusal(&dir).contains("it has no .config"));
        write(".config", "CONFIG_X86_64=y\nCONFIG_MODULES=y\n");
        write("include/generated/utsrelease.h", "#define UTS_RELEASE \"6.1.0-1-test\"\n");
        assert!(refusal(&dir).contains("no Module.symvers"));
        write("Module.symvers", "");
        assert!(refusal(&dir).contains("/no/such/common/Makefile"));
        write("Makefile", "all:\n");
        write(".kernelvariables", "CC = $(CROSS_COMPILE)gcc-0.1\n");
        assert!(refusal(&dir).contains("package gcc-0.1"));
        write(".kernelvariables", "CC = $(CROSS_COMPILE)gcc\n");
        let headers = Headers::open(&dir).unwrap();
        assert_eq!(headers.release, "6.1.0-1-test");
        assert!(headers.has("CONFIG_MODULES") && !headers.has("CONFIG_MODULE"));
        write(".config", "CONFIG_X86_64=y\n# CONFIG_MODULES is not set\n");
        assert!(refusal(&dir).contains("not an x86-64 kernel with modules"));
    }
}
