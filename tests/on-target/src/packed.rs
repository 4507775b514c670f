// SPDX-License-Identifier: GPL-2.0-or-later
//! Packed programs on this machine: the process becomes the program, whatever place lets programs run, and a damaged file
//! runs nothing.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use guest_build::launcher;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use uchaos::commands::pack::pack;

use super::{Rig, Skip};

checks! {
    packed_program_keeps_name_arguments_input_and_status,
    packed_script_is_run_by_its_interpreter,
    packed_program_gets_the_signals_and_ends_by_them,
    packed_program_runs_from_the_first_folder_that_lets_it,
    damaged_packed_program_runs_nothing
}

const SCRIPT: &str = "#!/bin/sh -u\nread line\necho \"got $#: $* and $line\"\nexit 7\n";

/// Packs a program; the launcher is built first.
fn packed(rig: &Rig, program: &Path) -> Result<PathBuf> {
    let output = rig.scratch().join("tool.packed");
    pack(program, &launcher::build(&rig.context()?)?, &output)?;
    Ok(output)
}

/// The shell of this machine, packed, with the name `tool`.
fn packed_shell(rig: &Rig) -> Result<PathBuf> {
    let tool = rig.scratch().join("tool");
    fs::copy("/bin/sh", &tool).context("copying the shell")?;
    packed(rig, &tool)
}

fn output(command: &mut Command, input: &str) -> Result<Output> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("starting it")?;
    let mut stdin = child.stdin.take().context("its standard input")?;
    stdin.write_all(input.as_bytes()).context("writing to it")?;
    drop(stdin);
    child.wait_with_output().context("waiting for it")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn packed_program_keeps_name_arguments_input_and_status(rig: &Rig) -> Result<()> {
    let tool = packed_shell(rig)?;
    let script = "read line; echo \"$0: $# $1|$line|$KEPT\"; readlink /proc/$$/exe; exit 7";
    let mut command = Command::new(&tool);
    command.args(["-c", script]).env("KEPT", "yes").current_dir("/");
    let before = names_in_shared_folders()?;
    let output = output(&mut command, "a line\n")?;
    ensure!(output.status.code() == Some(7), "it ended with {}", output.status);
    let said = text(&output.stdout);
    ensure!(said == "tool: 0 |a line|yes\n/memfd:tool (deleted)\n", "it printed {said:?}");
    ensure!(names_in_shared_folders()? == before, "it left a file behind");
    let arguments =
        Command::new(&tool).args(["-c", "echo \"$0 $# $2\"", "x", "a b", "c d"]).output();
    let said = text(&arguments.context("starting it")?.stdout);
    ensure!(said == "x 2 c d\n", "it printed {said:?}");
    Ok(())
}

/// What the launcher would leave if it left anything.
fn names_in_shared_folders() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["/dev/shm", "/tmp", "/"] {
        let entries = fs::read_dir(folder).with_context(|| format!("listing {folder}"))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        found.extend(paths.filter(|path| path.to_string_lossy().contains("/.unpacking-")));
    }
    Ok(found)
}

fn packed_script_is_run_by_its_interpreter(rig: &Rig) -> Result<()> {
    let script = rig.scratch().join("script");
    fs::write(&script, SCRIPT).context("writing a script")?;
    let run = output(Command::new(packed(rig, &script)?).args(["a b", "c"]), "input\n")?;
    ensure!(run.status.code() == Some(7), "it ended with {}", run.status);
    ensure!(text(&run.stdout) == "got 2: a b c and input\n", "{:?}", text(&run.stdout));
    // With standard input closed, the descriptor of the script must not become it.
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" a <&-"]).arg(rig.scratch().join("tool.packed"));
    let run = output(&mut closed, "")?;
    ensure!(text(&run.stdout) == "got 1: a and \n", "{:?}", text(&run.stdout));
    let alien = rig.scratch().join("alien");
    fs::write(&alien, "#!/no/such/interpreter\n").context("writing a script")?;
    fs::remove_file(rig.scratch().join("tool.packed")).context("removing the first one")?;
    let run = output(&mut Command::new(packed(rig, &alien)?), "")?;
    ensure!(run.status.code() == Some(126), "it ended with {}", run.status);
    let said = text(&run.stderr);
    ensure!(
        said == "alien: the packed program cannot be run: no such file or folder\n",
        "{said:?}"
    );
    Ok(())
}

fn packed_program_gets_the_signals_and_ends_by_them(rig: &Rig) -> Result<()> {
    let tool = packed_shell(rig)?;
    let ends = |script: &str, signal: Signal| -> Result<std::process::ExitStatus> {
        let mut command = Command::new(&tool);
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("starting it")?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("its standard output")?;
        BufReader::new(stdout).read_line(&mut line).context("reading what it prints")?;
        ensure!(line == "ready\n", "it printed {line:?}");
        let process = Pid::from_raw(i32::try_from(child.id()).context("a process number")?);
        kill(process, signal).context("sending it a signal")?;
        child.wait().context("waiting for it")
    };
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGKILL] {
        let status = ends("echo ready; read line", signal)?;
        ensure!(status.signal() == Some(signal as i32), "sent {signal}, it ended with {status}");
    }
    let status = ends("trap 'exit 5' TERM; echo ready; while :; do :; done", Signal::SIGTERM)?;
    ensure!(status.code() == Some(5), "its own handler was not run; it ended with {status}");
    Ok(())
}

/// In a namespace where the kernel gives no memory to run programs from, and the folders are empty and as said.
fn in_namespace(tool: &Path, folders: &[(&str, &str)], run: &str) -> Result<Output> {
    let mut script = "exec 9< \"$1\"; echo 2 > /proc/sys/vm/memfd_noexec || exit 77\n".to_owned();
    for (folder, options) in folders {
        script += &format!("mount -t tmpfs -o {options} tmpfs {folder} || exit 77\n");
    }
    script += "mkdir /tmp/run /tmp/given && mount -t tmpfs tmpfs /tmp/run || exit 77\n";
    script += "mount -t tmpfs -o noexec tmpfs /tmp/given || exit 77\n";
    script += "cat <&9 > /tmp/run/tool.packed && chmod 755 /tmp/run/tool.packed || exit 77\n";
    script += "export TMPDIR=/tmp/given; cd /tmp/given; echo mounted\n";
    script += run;
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount-proc", "--pid", "--fork", "sh", "-c", &script, "sh"]);
    let ended = output(command.arg(tool), "")?;
    if !text(&ended.stdout).starts_with("mounted\n") {
        let why =
            format!("needs Linux 6.3, pid and mount namespaces: {}", text(&ended.stderr).trim());
        return Err(Skip(why).into());
    }
    Ok(ended)
}

fn packed_program_runs_from_the_first_folder_that_lets_it(rig: &Rig) -> Result<()> {
    let tool = packed_shell(rig)?;
    let list = "ls -A /dev/shm /tmp/given /tmp | grep unpacking";
    for (shm, tmp, place) in
        [("exec", "exec", "/dev/shm"), ("noexec", "exec", "/tmp"), ("size=4k,exec", "exec", "/tmp")]
    {
        let run = format!(
            "/tmp/run/tool.packed -c 'ls -l /proc/$$/exe; {list}; exit 7'; echo $?; {list}; true"
        );
        let ended = in_namespace(&tool, &[("/dev/shm", shm), ("/tmp", tmp)], &run)?;
        let said = text(&ended.stdout);
        let lines: Vec<&str> = said.lines().collect();
        ensure!(
            lines.len() == 3 && lines[1].contains(&format!(" {place}/.unpacking-")),
            "with {shm} and {tmp} it printed:\n{said}{}",
            text(&ended.stderr)
        );
        ensure!(lines[2] == "7", "its status did not come through: {said}");
    }
    let nowhere = [("/dev/shm", "noexec"), ("/tmp", "noexec")];
    let ended = in_namespace(
        &tool,
        &nowhere,
        "/tmp/run/tool.packed -c 'echo ran'; echo $?; ls -A . /dev/shm",
    )?;
    ensure!(text(&ended.stdout) == "mounted\n126\n.:\n\n/dev/shm:\n", "{:?}", text(&ended.stdout));
    let said = text(&ended.stderr);
    ensure!(
        said.starts_with("tool: there is no place to run the packed program from: memory"),
        "{said}"
    );
    for place in
        ["; /dev/shm: permission denied", "; /tmp/given: ", "; /tmp: ", "; .: ", "Set TMPDIR"]
    {
        ensure!(said.contains(place), "the error does not name {place:?}: {said}");
    }
    // A script needs no place that lets programs run.
    let script = rig.scratch().join("script");
    fs::write(&script, SCRIPT).context("writing a script")?;
    fs::remove_file(&tool).context("removing the first one")?;
    let ended = in_namespace(
        &packed(rig, &script)?,
        &nowhere,
        "echo in | /tmp/run/tool.packed a; echo $?",
    )?;
    ensure!(text(&ended.stdout) == "mounted\ngot 1: a and in\n7\n", "{:?}", text(&ended.stdout));
    Ok(())
}

fn damaged_packed_program_runs_nothing(rig: &Rig) -> Result<()> {
    let tool = packed_shell(rig)?;
    let whole = fs::read(&tool).context("reading the packed program")?;
    let launcher_len = fs::read(launcher::build(&rig.context()?)?).context("reading it")?.len();
    let damaged = rig.scratch().join("damaged");
    let refused = |bytes: &[u8], what: &str| -> Result<()> {
        fs::write(&damaged, bytes).context("writing a damaged program")?;
        fs::set_permissions(&damaged, fs::Permissions::from_mode(0o755)).context("its mode")?;
        let ended = output(Command::new(&damaged).args(["-c", "echo ran"]), "")?;
        ensure!(ended.status.code() == Some(126), "{what}: it ended with {}", ended.status);
        ensure!(ended.stdout.is_empty(), "{what}: it ran");
        let said = text(&ended.stderr);
        ensure!(
            said == "damaged: this packed program is truncated or changed, and was not run; copy or pack it again\n",
            "{what}: it said {said:?}"
        );
        Ok(())
    };
    for len in [launcher_len, launcher_len + 1, whole.len() / 2, whole.len() - 24, whole.len() - 1]
    {
        refused(&whole[..len], &format!("cut to {len} bytes"))?;
    }
    for place in
        [launcher_len, whole.len() / 2, whole.len() - 26, whole.len() - 10, whole.len() - 1]
    {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        refused(&changed, &format!("byte {place} changed"))?;
    }
    refused(&[&whole[..], b"\n"].concat(), "a byte more")
}
