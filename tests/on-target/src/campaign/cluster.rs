// SPDX-License-Identifier: GPL-2.0-or-later
//! A Slurm of two nodes on this machine, in one folder: key, controller, two slurmd. It runs as the user who runs the check,
//! on free ports, next to any other Slurm.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use guest_build::tools::TO_TEST_CAMPAIGNS;
use guest_run::process::{self, OnInterrupt, Process, Wiring};
use guest_run::{interrupt, tools};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, getuid};

use crate::rig::Skip;

pub(super) const NODES: [&str; 2] = ["n1", "n2"];
/// Set for everything that runs below a node's slurmd.
const MARK: &str = "UCHAOS_TEST_NODE";
/// What the cluster may take to get somewhere on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);
/// Slurm announces nothing: it is asked.
const PACE: Duration = Duration::from_millis(250);

pub(super) struct Cluster {
    folder: PathBuf,
    nodes: BTreeMap<&'static str, Process>,
    controller: Option<Process>,
    _munged: Process,
}

impl Cluster {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let missing = tools::missing(TO_TEST_CAMPAIGNS);
        if !missing.is_empty() {
            let line = tools::install_line(&tools::packages(&missing));
            return Err(Skip(format!("Slurm is not installed: {line}")).into());
        }
        fs::create_dir_all(folder).context("creating the cluster's folder")?;
        let key = folder.join("munge.key");
        let bytes: Vec<u8> =
            (0..1024_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        fs::write(&key, bytes).context("writing the cluster's key")?;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).context("its permissions")?;
        fs::write(folder.join("slurm.conf"), configuration(folder)?)
            .context("its configuration")?;
        for name in ["state", "n1", "n2"] {
            fs::create_dir_all(folder.join(name)).context("creating the cluster's folders")?;
        }
        let mut munged = program("munged")?;
        munged.args(["--foreground", "--force"]);
        for (option, file) in [
            ("key-file", "munge.key"),
            ("socket", "munge.sock"),
            ("pid-file", "munged.pid"),
            ("seed-file", "munge.seed"),
        ] {
            munged.arg(format!("--{option}={}", folder.join(file).display()));
        }
        let munged = daemon(munged, &folder.join("munged.log"))?;
        let mut cluster = Self {
            folder: folder.to_path_buf(),
            nodes: BTreeMap::new(),
            controller: None,
            _munged: munged,
        };
        cluster.until("munged listens", || Ok(folder.join("munge.sock").exists()))?;
        cluster.start_controller()?;
        for node in NODES {
            cluster.start_node(node)?;
        }
        cluster.until("both nodes are idle", || {
            Ok(cluster.slurm("sinfo", &["-h", "-o", "%D %t"])?.trim() == "2 idle")
        })?;
        Ok(cluster)
    }

    pub(super) fn start_controller(&mut self) -> Result<()> {
        let mut command = self.command("slurmctld")?;
        command.arg("-D");
        self.controller = Some(daemon(command, &self.folder.join("slurmctld.out"))?);
        Ok(())
    }

    /// Kills the controller with SIGKILL. It may lose the end of a task, and then holds that task's node for minutes.
    pub(super) fn kill_controller(&mut self) -> Result<()> {
        let controller = self.controller.take().context("a controller that runs")?;
        controller.signal(Signal::SIGKILL).context("killing the controller")?;
        controller.finish(Some(PATIENCE), OnInterrupt::Kill)?;
        Ok(())
    }

    /// Asks the controller to end and waits for it, as a service manager does.
    pub(super) fn stop_controller(&mut self) -> Result<()> {
        let controller = self.controller.take().context("a controller that runs")?;
        controller.signal(Signal::SIGTERM).context("stopping the controller")?;
        controller.finish(Some(PATIENCE), OnInterrupt::Kill)?;
        Ok(())
    }

    pub(super) fn start_node(&mut self, node: &'static str) -> Result<()> {
        let mut command = self.command("slurmd")?;
        command.args(["-D", "-N", node]).env(MARK, node);
        let process = daemon(command, &self.folder.join(format!("{node}.out")))?;
        self.nodes.insert(node, process);
        Ok(())
    }

    /// Kills all that runs on a node, as a power cut does; returns how many processes that were.
    pub(super) fn kill_node(&mut self, node: &'static str) -> Result<usize> {
        self.nodes.remove(node);
        let conf = format!("SLURM_CONF={}", self.conf().display());
        let marks = [format!("{MARK}={node}"), format!("SLURMD_NODENAME={node}")];
        let mut killed = 0;
        // Again until none is left: one of them may start another meanwhile.
        loop {
            let mut found = 0;
            for entry in fs::read_dir("/proc").context("reading /proc")?.flatten() {
                let Ok(process) = entry.file_name().to_string_lossy().parse::<i32>() else {
                    continue;
                };
                let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
                let has = |text: &str| {
                    environment.split(|byte| *byte == 0).any(|one| one == text.as_bytes())
                };
                if has(&conf) && marks.iter().any(|mark| has(mark)) {
                    // It may be exiting already.
                    found += usize::from(kill(Pid::from_raw(process), Signal::SIGKILL).is_ok());
                }
            }
            killed += found;
            if found == 0 {
                return Ok(killed);
            }
            sleep(PACE);
        }
    }

    /// What a program of Slurm prints.
    pub(super) fn slurm(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let mut command = self.command(name)?;
        command.args(arguments);
        let finished = process::run(command, Wiring::Pipes, Some(PATIENCE), OnInterrupt::Kill)?;
        ensure!(finished.status.success(), "{name} {arguments:?}: {}", finished.complaints());
        Ok(finished.text())
    }

    /// Tasks that have not ended.
    pub(super) fn queue(&self) -> Result<String> {
        self.slurm("squeue", &["-h", "--array", "-o", "%F_%K %T %N %r"])
    }

    pub(super) fn until(&self, what: &str, holds: impl Fn() -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < PATIENCE {
            interrupt::check()?;
            match holds() {
                Ok(true) => return Ok(()),
                Ok(false) => last = None,
                // A controller that starts refuses questions for a while.
                Err(error) => last = Some(error),
            }
            sleep(PACE);
        }
        let queue = self.queue().unwrap_or_default();
        bail!("waited {PATIENCE:?} until {what}; last error: {last:?}; queue:\n{queue}")
    }

    pub(super) fn conf(&self) -> PathBuf {
        self.folder.join("slurm.conf")
    }

    fn command(&self, name: &str) -> Result<Command> {
        let mut command = program(name)?;
        command.env("SLURM_CONF", self.conf());
        Ok(command)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A check that failed may leave tasks: nothing of them may stay.
        for node in NODES {
            let _ = self.kill_node(node);
        }
    }
}

fn program(name: &str) -> Result<Command> {
    Ok(Command::new(tools::find(name).with_context(|| format!("finding {name}"))?))
}

fn daemon(mut command: Command, log: &Path) -> Result<Process> {
    let log = fs::File::options().create(true).append(true).open(log).context("opening a log")?;
    let to_log = || log.try_clone().map(Stdio::from).context("opening a log");
    command.stdin(Stdio::null()).stdout(to_log()?).stderr(to_log()?);
    Process::start(command, Wiring::AsSet).context("starting a part of Slurm")
}

fn configuration(folder: &Path) -> Result<String> {
    let user = User::from_uid(getuid())
        .context("looking up the user")?
        .context("a user without a name")?
        .name;
    let host = fs::read_to_string("/proc/sys/kernel/hostname").context("the host's name")?;
    let host = host.trim().split('.').next().unwrap_or_default();
    // Held until all are chosen, so that each is another one.
    let ports: Vec<TcpListener> = (0..3)
        .map(|_| TcpListener::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()
        .context("finding free ports")?;
    let port = |index: usize| {
        ports[index].local_addr().map(|address| address.port()).context("a free port")
    };
    let at = folder.display();
    Ok(format!(
        "ClusterName=uchaos\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser={user}\nSlurmdUser={user}\n\
         AuthType=auth/munge\nAuthInfo=socket={at}/munge.sock\nCredType=cred/munge\nSlurmctldPort={}\n\
         StateSaveLocation={at}/state\nSlurmctldPidFile={at}/slurmctld.pid\nSlurmdPidFile={at}/%n.pid\n\
         SlurmdSpoolDir={at}/%n\nSlurmctldLogFile={at}/slurmctld.log\nSlurmdLogFile={at}/%n.log\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\n\
         SwitchType=switch/none\nMpiDefault=none\nReturnToService=2\nSlurmdTimeout=10\nKillWait=5\nMessageTimeout=10\n\
         SchedulerParameters=sched_interval=2,batch_sched_delay=0\n\
         NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={} CPUs=1\n\
         NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={} CPUs=1\n\
         PartitionName=all Nodes=n1,n2 Default=YES State=UP\n",
        port(0)?,
        port(1)?,
        port(2)?
    ))
}
