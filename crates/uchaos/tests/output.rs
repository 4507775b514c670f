// SPDX-License-Identifier: GPL-2.0-or-later
//! A closed standard output ends the program silently, as SIGPIPE would.

use std::process::{Command, Stdio};

#[test]
fn completions_into_a_closed_pipe_end_with_141_and_say_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos"));
    command.args(["completions", "bash"]).stdout(writer).stderr(Stdio::piped());
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
