// SPDX-License-Identifier: GPL-2.0-or-later
//! Campaigns on several hosts: the jobs that `sweep --on` submits to Slurm or writes for Kubernetes, and their tasks.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use campaign::k8s::{self, Cluster};
use campaign::slurm::{self, Program};
use campaign::{Campaign, Plan, Waiting, images_sha256};
use clap::{Args, ValueEnum};
use guest_run::{CommandContext, ExitKind, say};

use super::cells;
use crate::images::{ImageSource, Parts};

/// Where the cells of a campaign are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum On {
    /// In this process, one at a time
    Here,
    /// By a Slurm array job
    Slurm,
    /// By a Kubernetes Indexed Job; only its manifest is written
    K8s,
}

/// Options for Kubernetes.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --on k8s")]
pub(super) struct ClusterOptions {
    /// The container image, as the cluster pulls it
    #[arg(long, value_name = "IMAGE", required_if_eq("on", "k8s"))]
    image: Option<String>,
    /// The `PersistentVolumeClaim` for results; all pods mount it at once, and it must support POSIX locks
    #[arg(long, value_name = "CLAIM", default_value = "uchaos-campaigns")]
    volume: String,
    /// Pods that run at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    parallelism: u16,
}

/// The cells of one of several tasks. Waits for cells that are claimed.
#[derive(Debug, Args)]
pub(super) struct Task {
    /// The campaign's folder
    campaign: PathBuf,
    /// Number of this task, from 0
    #[arg(long, value_name = "N", env = "UCHAOS_TASK")]
    task: usize,
    /// Number of tasks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    tasks: u32,
    /// Start the campaign with this plan if the first task has not done so
    #[arg(long, value_name = "PLAN")]
    plan: Option<PathBuf>,
}

impl Task {
    pub(super) fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let images = source.images(context, Parts::Both, 0)?;
        let campaign = match &self.plan {
            Some(file) => {
                let plan = Plan::read(file)?;
                Campaign::begin(&self.campaign, file, &plan, &images_sha256(&images)?)?
            }
            None => Campaign::open(&self.campaign)?,
        };
        let numbers = campaign.cells_of(self.task, self.tasks as usize);
        cells::run_cells(context, &campaign, &images, numbers, Waiting::Wait)
    }
}

impl ClusterOptions {
    /// Writes manifests and Containerfile next to the campaign's future folder.
    pub(super) fn write(&self, folder: &Path, name: &str, file: &Path, plan: &Plan) -> Result<()> {
        let image = self.image.as_deref().context("--image is required with --on k8s")?;
        let cluster = Cluster { image, volume: &self.volume, parallelism: self.parallelism };
        let text = fs_err::read_to_string(file)?;
        let folder = folder.with_file_name(format!("{name}-k8s"));
        k8s::write(&folder, name, plan, &text, cluster)?;
        let shown = folder.display();
        say!(
            "written to {shown}: Containerfile, plan.json, job.json\n\
             1. build and push {image} from the bundle by the Containerfile\n\
             2. kubectl apply -f {shown}/plan.json -f {shown}/job.json\n\
             3. copy {name}/ from the volume {} to {}",
            self.volume,
            folder.with_file_name("").display()
        )
    }
}

/// The program that tasks run.
///
/// # Errors
/// Returns [`ExitKind::Usage`] for `cargo xtask`, which would build on every host.
pub(super) fn program(source: &dyn ImageSource) -> Result<(PathBuf, PathBuf)> {
    let Some(images) = source.description() else {
        let text = "tasks on other hosts have no compiler, so submit with the program `uchaos`: unpack the archive of \
                    `cargo xtask dist` on the shared file system, and run uchaos/uchaos sweep --on slurm";
        return Err(ExitKind::Usage(text.to_owned()).into());
    };
    let program = std::env::current_exe().context("finding this program")?;
    Ok((program, slurm::absolute(images)?))
}

/// Submits the unfinished cells.
pub(super) fn submit(
    source: &dyn ImageSource,
    campaign: &Campaign,
    arguments: &[String],
) -> Result<()> {
    let (program, images) = program(source)?;
    let program = Program { program: &program, images: &images };
    let shown = campaign.folder().display();
    match campaign.submit(program, arguments)? {
        None => {
            say!("all {} cells are finished: uchaos campaign table {shown}", campaign.cell_count())
        }
        Some(job) => say!(
            "submitted job {} with {} tasks; uchaos campaign status {shown} shows its progress",
            job.id,
            job.tasks
        ),
    }
}

pub(super) fn resumes_itself() -> anyhow::Error {
    let text = "apply the manifest again: `kubectl delete job` and `kubectl apply`; finished cells are not repeated";
    ExitKind::Usage(text.to_owned()).into()
}
