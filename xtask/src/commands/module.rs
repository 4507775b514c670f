// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask module`: `uchaos.ko` for a kernel that a distribution built, or as a DKMS package.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use guest_build::engine;
use guest_build::preflight;
use guest_build::stock::debian::{DebianKernel, Series};
use guest_build::stock::{self, Headers, Signing, dkms};
use guest_build::tools::TO_BUILD;
use guest_run::CommandContext;
use guest_run::{output, say};
use measure::provenance;

/// Build uchaos.ko for a distribution's kernel, or as a DKMS package.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask module --kernel-headers /lib/modules/$(uname -r)/build
  cargo xtask module --kernel-headers /usr/src/linux-headers-6.1.0-56-cloud-amd64 --sign-key k.pem --sign-cert k.crt
  cargo xtask module --debian           for Debian's newest cloud kernel; its packages are fetched, not installed
  cargo xtask module --debian 6.12      the same of another series
  cargo xtask module --dkms             uchaos-dkms_VERSION_amd64.deb, for `apt install ./FILE`")]
#[command(group = clap::ArgGroup::new("kernel").required(true))]
pub(crate) struct Module {
    /// The kernel's build folder, against which modules are built
    #[arg(long, value_name = "DIR", group = "kernel")]
    kernel_headers: Option<PathBuf>,
    /// Debian's newest cloud kernel of a series, by its packages [default: 6.1]
    #[arg(long, value_enum, value_name = "SERIES", num_args = 0..=1, default_missing_value = "6.1", group = "kernel")]
    debian: Option<Series>,
    /// Make the package that builds the module wherever it is installed
    #[arg(long, group = "kernel")]
    dkms: bool,
    /// Sign the module with this private key
    #[arg(long, value_name = "PEM", requires = "sign_cert", conflicts_with = "dkms")]
    sign_key: Option<PathBuf>,
    /// The key's certificate
    #[arg(long, value_name = "FILE", requires = "sign_key")]
    sign_cert: Option<PathBuf>,
    /// Copy the built file to this path
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Module {
    /// Builds, and prints where it is.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        let headers = self.kernel_headers.as_deref().map(Headers::open).transpose()?;
        preflight::ensure(context, TO_BUILD)?;
        let plan = [self.debian.map(|_| "debian"), Some("engine"), Some("module")];
        context.expect_steps(plan.iter().flatten().count());
        let headers = match self.debian {
            Some(series) => Some(DebianKernel::obtain(context, series)?.headers),
            None => headers,
        };
        let engine = engine::build(context)?;
        let signing = match (self.sign_key, self.sign_cert) {
            (Some(key), Some(certificate)) => Some(Signing { key, certificate }),
            _ => None,
        };
        let built = match &headers {
            Some(headers) => stock::build(context, headers, &engine.object, signing.as_ref())?,
            None => dkms::build(context, &engine.object)?,
        };
        if context.dry_run {
            return Ok(());
        }
        let path = self.output.unwrap_or_else(|| built.clone());
        if path != built {
            fs::copy(&built, &path)
                .with_context(|| format!("copying {} to {}", built.display(), path.display()))?;
        }
        let artifact = provenance::artifact(&path.display().to_string(), &path)?;
        if context.json {
            output::json(&artifact)
        } else {
            say!("{:>10} bytes  {}  {}", artifact.bytes, artifact.sha256, path.display())
        }
    }
}
