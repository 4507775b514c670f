// SPDX-License-Identifier: GPL-2.0-or-later
//! A notebook that reads the store's files or an export with pyarrow gets the same values as the program's queries.
//!
//! Without Python or its package index it is skipped with the reason; if tests may not skip, that is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::Value;

/// Relative tolerance for a sum in another order.
const ROUNDING: f64 = 1e-9;
const ROWS: &str = "3000";
/// Reads Parquet files, and prints the figures that are compared as JSON.
const READ: &str = r#"
import json, sys
import pyarrow.compute as pc
import pyarrow.dataset as ds

rows = ds.dataset(sys.argv[1:], format="parquet").to_table()
h = rows.column("h")
print(json.dumps({
    "rows": rows.num_rows,
    "columns": rows.column_names,
    "known": len(h) - h.null_count,
    "sum": pc.sum(h).as_py(),
    "targets": sorted(pc.unique(rows.column("target")).to_pylist()),
    "keys": len(pc.unique(rows.column("key"))),
}))
"#;

/// A command's output, or its failure.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() { Ok(out) } else { Err(format!("{command:?}: {out}{error}")) }
}

/// A new virtual environment with pyarrow; without Python or its package index, the reason.
struct Notebook(tempfile::TempDir);

impl Notebook {
    fn find() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("needs a folder: {error}"))?;
        output(Command::new("python3").args(["-m", "venv"]).arg(folder.path()))
            .map_err(|error| format!("needs python3 with venv (python3-venv): {error}"))?;
        let pip = folder.path().join("bin/pip");
        output(Command::new(pip).args(["install", "--quiet", "pyarrow"]))
            .map_err(|error| format!("needs PyPI for pyarrow: {error}"))?;
        Ok(Self(folder))
    }

    fn read(&self, files: &[PathBuf]) -> Value {
        let python = self.0.path().join("bin/python");
        let read = output(Command::new(python).args(["-c", READ]).args(files));
        serde_json::from_str(&read.expect("pyarrow reads the files")).expect("JSON")
    }
}

fn runs(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos-runs"));
    command.env_remove("UCHAOS_RUNS").env_remove("UCHAOS_CAMPAIGNS");
    output(command.arg("--runs").arg(folder).args(arguments)).expect("the program succeeds")
}

fn pyarrow_reads_what_the_program_answers(notebook: &Notebook) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("runs");
    runs(&store, &["made-up", ROWS]);
    let sql = "select count(*) as rows, count(h) as known, sum(h) as sum, count(distinct key) as keys from runs";
    let answer = runs(&store, &["query", sql, "--format", "json"]);
    let answer: Value = serde_json::from_str(&answer).expect("an array of objects");
    let answer = &answer[0];
    assert_eq!(answer["rows"].to_string(), ROWS);
    let targets = runs(
        &store,
        &["query", "select distinct target from runs order by target", "--format", "json"],
    );
    let targets: Vec<Value> = serde_json::from_str(&targets).expect("an array of objects");
    let targets: Vec<&Value> = targets.iter().map(|row| &row["target"]).collect();

    let export = folder.path().join("all.parquet");
    runs(&store, &["export", &export.to_string_lossy()]);
    let own = std::fs::read_dir(store.join(".store")).expect("the store's folder");
    let own = own.map(|entry| entry.expect("an entry").path());
    let own: Vec<PathBuf> =
        own.filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).collect();
    for files in [own, vec![export]] {
        let read = notebook.read(&files);
        for figure in ["rows", "known", "keys"] {
            assert_eq!(read[figure], answer[figure], "{figure} of {files:?}");
        }
        let sums = [&read, answer].map(|of| of["sum"].as_f64().expect("a sum"));
        assert!((sums[0] - sums[1]).abs() <= ROUNDING * sums[1].abs(), "{sums:?} of {files:?}");
        let seen: Vec<&Value> = read["targets"].as_array().expect("targets").iter().collect();
        assert_eq!(seen, targets, "{files:?}");
        let columns = read["columns"].as_array().expect("columns").len();
        let listed =
            runs(&store, &["columns"]).lines().filter(|line| !line.trim().is_empty()).count();
        assert!(columns > 20 && listed >= columns, "{columns} of {listed} columns");
    }
}

fn main() -> ExitCode {
    test_support::run(vec![test_support::trial(
        "pyarrow_reads_what_the_program_answers",
        Notebook::find,
        pyarrow_reads_what_the_program_answers,
    )])
}
