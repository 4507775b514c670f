// SPDX-License-Identifier: GPL-2.0-or-later
//! The program on real folders: what it reads and refuses, and the result of two concurrent processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A run as an older version wrote it; the figures of these tests are its figures.
const RESULT: &str = include_str!("../../entropy-report/tests/older-result.json");

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn runs(&self) -> PathBuf {
        self.0.path().join("runs")
    }

    /// Writes a distinct run: another processor, so another result.
    fn record(&self, name: &str) -> PathBuf {
        let run = self.runs().join(name);
        fs::create_dir_all(&run).expect("a run's folder");
        let mut result: Value = serde_json::from_str(RESULT).expect("the older result");
        result["provenance"]["cpu_model"] = format!("processor of {name}").into();
        fs::write(run.join("result.json"), result.to_string()).expect("a result");
        run
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos-runs"));
        command.env_remove("UCHAOS_RUNS").env_remove("UCHAOS_CAMPAIGNS");
        command.arg("--runs").arg(self.runs()).args(arguments);
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Standard output and standard error of a command that succeeds.
    fn run(&self, arguments: &[&str]) -> (String, String) {
        let output = self.output(arguments);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let (out, error) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{arguments:?}: {error}");
        (out, error)
    }

    fn rows(&self, sql: &str) -> Vec<Value> {
        let (out, _) = self.run(&["query", sql, "--format", "json"]);
        serde_json::from_str(&out).expect("an array of objects")
    }

    fn count(&self, condition: &str) -> i64 {
        let rows = self.rows(&format!("select count(*) as n from runs where {condition}"));
        rows[0]["n"].as_i64().expect("a count")
    }

    /// The store's files.
    fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.runs().join(".store")).expect("the store's folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).collect()
    }
}

/// Standard error of a command that fails, and its exit status.
fn refused(output: &Output) -> (String, Option<i32>) {
    assert!(!output.status.success());
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

#[test]
fn runs_are_indexed_once_and_queried_with_their_figures() {
    let folder = Folder::new();
    folder.record("one");
    folder.record("two");
    let (list, _) = folder.run(&["list"]);
    assert!(list.starts_with("recorded_utc") && list.contains("processor of two"), "{list}");
    let rows =
        folder.rows("select run, h, restarts from runs where target = 'baremetal' order by run");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["run"], "one");
    assert_eq!(rows[0]["h"].as_f64(), Some(0.5086435915228442));
    assert_eq!(rows[0]["restarts"], "passed");
    let median = folder.rows("select cpu, median(h) as m from runs group by cpu");
    assert_eq!(median.len(), 2);
    let before = folder.segments();
    folder.run(&["list"]);
    assert_eq!(folder.segments(), before, "nothing changed, so nothing is written");
    let (shown, _) = folder.run(&["show", "one"]);
    assert!(shown.contains("raw_sha256") && shown.contains("processor of one"), "{shown}");
}

#[test]
fn a_changed_run_replaces_its_rows_and_keeps_its_label() {
    let folder = Folder::new();
    let run = folder.record("one");
    folder.run(&["label", "quiet", "one"]);
    let before = folder.count("true");
    let text = fs::read_to_string(run.join("result.json")).unwrap();
    fs::write(run.join("result.json"), text.replace("processor of one", "another processor"))
        .unwrap();
    assert_eq!(folder.count("cpu = 'another processor' and label = 'quiet'"), before);
    assert_eq!(folder.count("true"), before);
    folder.run(&["label", "", "one"]);
    assert_eq!(folder.count("label is null"), before);
}

#[test]
fn an_empty_store_is_a_table_without_rows() {
    let folder = Folder::new();
    let (list, _) = folder.run(&["list"]);
    assert_eq!(list.lines().count(), 1, "{list}");
    assert_eq!(folder.count("true"), 0);
    assert!(!folder.runs().exists(), "reading makes no folder");
    let (error, code) = refused(&folder.output(&["show", "one"]));
    assert!(error.contains("there is no run one") && code == Some(2), "{error}");
}

#[test]
fn torn_foreign_and_newer_files_are_named_and_the_rest_is_read() {
    let folder = Folder::new();
    folder.record("one");
    let rows = folder.count("true");
    let store = folder.runs().join(".store");
    let whole = fs::read(&folder.segments()[0]).unwrap();
    fs::write(store.join("torn.parquet"), &whole[..whole.len() / 2]).unwrap();
    fs::write(store.join("foreign.parquet"), "a,b\n1,2\n").unwrap();
    fs::write(store.join("empty.parquet"), "").unwrap();
    // Another program's Parquet: the same rows, without our mark.
    let other = folder.0.path().join("other.parquet");
    folder.run(&[
        "query",
        "select * from runs",
        "--format",
        "parquet",
        "--output",
        &other.to_string_lossy(),
    ]);
    fs::copy(&other, store.join("other.parquet")).unwrap();
    // A newer version's: the mark's value is one byte of the footer.
    let mark = b"uchaos.runs.schema";
    let at =
        whole.windows(mark.len()).position(|part| part == mark).expect("the mark") + mark.len();
    let digit = at + whole[at..].iter().position(|byte| *byte == b'1').expect("the version");
    let mut newer = whole;
    newer[digit] = b'9';
    fs::write(store.join("newer.parquet"), newer).unwrap();
    fs::create_dir(folder.runs().join("cut")).unwrap();
    fs::write(folder.runs().join("cut/result.json"), &RESULT[..RESULT.len() / 2]).unwrap();
    let (out, error) = folder.run(&["query", "select count(*) as n from runs", "--format", "csv"]);
    assert_eq!(out, format!("n\n{rows}\n"));
    for (name, reason) in [
        ("torn.parquet", "torn"),
        ("foreign.parquet", "not a Parquet file"),
        ("empty.parquet", "not a Parquet file"),
        ("other.parquet", "of another program"),
        ("newer.parquet", "use a newer uchaos"),
        ("the run cut", "result.json"),
    ] {
        let line = error.lines().find(|line| line.contains(name));
        assert!(line.is_some_and(|line| line.contains(reason)), "{name}: {error}");
    }
    // A change leaves them where they are.
    folder.run(&["label", "x", "one"]);
    assert!(store.join("torn.parquet").exists() && store.join("newer.parquet").exists());
    assert_eq!(folder.count("label = 'x'"), rows);
}

#[test]
fn an_interrupted_change_counts_nothing_twice() {
    let folder = Folder::new();
    folder.record("one");
    let rows = folder.count("true");
    let old = folder.segments().remove(0);
    let copy = fs::read(&old).unwrap();
    folder.run(&["label", "x", "one"]);
    // As if the writer had been killed before it removed the replaced files.
    fs::write(&old, copy).unwrap();
    assert_eq!((folder.count("true"), folder.count("label = 'x'")), (rows, rows));
    // As if two machines without a common lock had written the same rows.
    let new = folder.segments().into_iter().find(|path| *path != old).unwrap();
    fs::copy(&new, new.with_file_name("rows-0.parquet")).unwrap();
    assert_eq!(folder.count("true"), rows);
    assert_eq!(folder.count("true"), rows);
}

#[test]
fn two_writers_at_once_lose_and_double_nothing() {
    let folder = Folder::new();
    for number in 0..12 {
        folder.record(&format!("run-{number:02}"));
    }
    let start = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    };
    let mut writers = vec![start(&["list"]), start(&["list"])];
    writers.extend(
        (0..4).map(|number| {
            start(&["label", &format!("label {number}"), &format!("run-{number:02}")])
        }),
    );
    for mut writer in writers {
        assert!(writer.wait().expect("it ends").success());
    }
    let rows = folder.rows("select run, count(*) as n, count(distinct key) as k, max(label) as l from runs group by run order by run");
    assert_eq!(rows.len(), 12);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row["n"], row["k"], "{row}");
        assert_eq!(row["n"], rows[0]["n"], "{row}");
        let label = row.get("l").and_then(Value::as_str).map(str::to_owned);
        assert_eq!(label, (number < 4).then(|| format!("label {number}")), "{row}");
    }
}

#[test]
fn a_merge_adds_each_run_once_and_says_where_it_is() {
    let (here, there) = (Folder::new(), Folder::new());
    here.record("mine");
    there.record("theirs");
    // The same run in both.
    let shared = there.record("shared");
    let copy = here.runs().join("shared");
    fs::create_dir_all(&copy).unwrap();
    fs::copy(shared.join("result.json"), copy.join("result.json")).unwrap();
    let per_run = here.count("run = 'mine'");
    let from = there.runs();
    let (said, _) = here.run(&["merge", &from.to_string_lossy()]);
    assert_eq!(said, format!("{per_run} rows added, {per_run} already existed\n"));
    let (again, _) = here.run(&["merge", &from.to_string_lossy()]);
    assert!(again.starts_with("0 rows added"), "{again}");
    assert_eq!(here.count("true"), 3 * per_run);
    let origin = fs::canonicalize(&from).unwrap();
    assert_eq!(here.count(&format!("origin = '{}'", origin.display())), per_run);
    // Also from a file.
    let file = there.0.path().join("all.parquet");
    there.run(&["export", &file.to_string_lossy()]);
    assert!(here.run(&["merge", &file.to_string_lossy()]).0.starts_with("0 rows added"));
    let (error, _) =
        refused(&here.output(&["merge", &here.0.path().join("none").to_string_lossy()]));
    assert!(error.contains("none"), "{error}");
    // Their rows are removed, their folder is kept.
    here.run(&["rm", "theirs", "--yes"]);
    assert_eq!(here.count("run = 'theirs'"), 0);
    assert!(there.runs().join("theirs/result.json").exists());
}

#[test]
fn only_confirmed_runs_of_this_store_are_removed() {
    let folder = Folder::new();
    let run = folder.record("one");
    folder.record("two");
    std::os::unix::fs::symlink("one", folder.runs().join("latest")).unwrap();
    let cell = folder.0.path().join("campaigns/fleet/cells/00001");
    fs::create_dir_all(&cell).unwrap();
    let text = r#"{"schema": 1, "plan_sha256": "ab", "cell": 1, "state": "failed", "reason": "QEMU ended"}"#;
    fs::write(cell.join("cell.json"), text).unwrap();
    let (error, code) = refused(&folder.output(&["rm", "one"]));
    assert!(error.contains("--yes") && error.contains(&*run.to_string_lossy()), "{error}");
    assert!(run.exists() && code == Some(2));
    let (error, _) = refused(&folder.output(&["rm", "fleet/00001", "--yes"]));
    assert!(error.contains("a cell of the campaign fleet") && cell.exists(), "{error}");
    let (error, _) = refused(&folder.output(&["rm", "two", "../../etc", "--yes"]));
    assert!(
        error.contains("there is no run ../../etc") && folder.runs().join("two").exists(),
        "{error}"
    );
    folder.run(&["rm", "latest", "--yes"]);
    assert!(!run.exists() && !folder.runs().join("latest").is_symlink());
    assert_eq!((folder.count("run = 'one'"), folder.count("run = 'two'") > 0), (0, true));
    assert_eq!(folder.count("state = 'failed' and reason = 'QEMU ended'"), 1);
}

#[test]
fn a_query_that_is_wrong_or_would_change_something_is_one_clear_error() {
    let folder = Folder::new();
    folder.record("one");
    for (sql, reason) in [
        ("select no_such from runs", "no_such"),
        ("selekt 1", "selekt"),
        ("select * from other", "other"),
        ("drop table runs", "DDL"),
        ("copy runs to '/tmp/never.csv'", "DML"),
    ] {
        let (error, code) = refused(&folder.output(&["query", sql]));
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(reason) && error.contains("uchaos runs columns"), "{sql}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert!(folder.runs().join("one/result.json").exists());
}

#[test]
fn every_format_has_the_same_rows_and_a_file_is_whole_or_absent() {
    let folder = Folder::new();
    folder.record("one");
    let sql = "select target, h from runs where h is not null order by target";
    let json = folder.rows(sql);
    let (csv, _) = folder.run(&["query", sql, "--format", "csv"]);
    assert_eq!(csv.lines().count(), json.len() + 1);
    assert!(csv.contains("baremetal,0.5086435915228442"), "{csv}");
    let (table, _) = folder.run(&["query", sql]);
    assert!(table.contains("baremetal") && table.contains("0.5086"), "{table}");
    let file = folder.0.path().join("rows.parquet");
    folder.run(&["query", sql, "--format", "parquet", "--output", &file.to_string_lossy()]);
    assert_eq!(&fs::read(&file).unwrap()[..4], b"PAR1");
    let nowhere = folder.0.path().join("no/such/rows.csv");
    let (error, _) =
        refused(&folder.output(&["query", sql, "--output", &nowhere.to_string_lossy()]));
    assert!(error.contains("writing") && !nowhere.exists(), "{error}");
}

#[test]
fn a_reader_that_has_gone_ends_the_program_quietly() {
    let folder = Folder::new();
    folder.run(&["made-up", "20000"]);
    let mut command = folder.command(&["list"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_made_up_store_has_the_rows_that_were_asked_for() {
    let folder = Folder::new();
    folder.run(&["made-up", "70000"]);
    assert_eq!(folder.count("true"), 70_000);
    let distinct = folder.rows("select count(distinct key) as n from runs");
    assert_eq!(distinct[0]["n"], 70_000);
    let (list, _) = folder.run(&["list", "--last", "5"]);
    assert_eq!(list.lines().count(), 6, "{list}");
    assert!(Path::new(&folder.runs()).join(".store").is_dir());
}
