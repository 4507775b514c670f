// SPDX-License-Identifier: GPL-2.0-or-later
//! Output formats of rows: a table, CSV, JSON, Parquet.

use std::borrow::Cow;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::{Args, ValueEnum};
use guest_run::ExitKind;
use parquet::arrow::ArrowWriter;

const NONE: &str = "–";
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns for reading
    Table,
    /// Comma-separated values with a header
    Csv,
    /// One array of objects
    Json,
    /// An Apache Parquet file
    Parquet,
}

#[derive(Debug, Args)]
pub(crate) struct OutputOptions {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// Write to this file (atomically) instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl OutputOptions {
    /// Prints rows.
    pub(crate) fn print(&self, json: bool, batches: &[RecordBatch]) -> Result<()> {
        let format = if json { Format::Json } else { self.format };
        if let Some(path) = &self.output {
            let writing = || format!("writing {}", path.display());
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(std::path::Path::new("."));
            let fresh = tempfile::NamedTempFile::new_in(folder).with_context(writing)?;
            write(fresh.as_file(), format, batches).with_context(writing)?;
            fresh.as_file().sync_all().with_context(writing)?;
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            fresh.as_file().set_permissions(mode).with_context(writing)?;
            fresh.persist(path).with_context(writing)?;
            return Ok(());
        }
        if format == Format::Parquet && io::stdout().is_terminal() {
            let text =
                "Parquet is binary: give a file with --output FILE, or redirect standard output";
            return Err(ExitKind::Usage(text.to_owned()).into());
        }
        let mut out = BufWriter::new(Pipe(io::stdout()));
        let done = write(&mut out, format, batches).and_then(|()| Ok(out.flush()?));
        done.map_err(|error| {
            let closed = GONE.load(std::sync::atomic::Ordering::Relaxed);
            if closed {
                ExitKind::OutputClosed.into()
            } else {
                error.context("writing to standard output")
            }
        })
    }
}

/// Whether standard output was closed: the formats' errors do not keep the kind of their cause.
static GONE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

struct Pipe<W>(W);

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).inspect_err(|error| {
            if error.kind() == ErrorKind::BrokenPipe {
                GONE.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn write(mut out: impl Write + Send, format: Format, batches: &[RecordBatch]) -> Result<()> {
    match format {
        Format::Table => table(&mut out, batches),
        Format::Csv => {
            let builder =
                arrow::csv::WriterBuilder::new().with_timestamp_tz_format(TIME.to_owned());
            let mut writer = builder.build(out);
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            Ok(())
        }
        Format::Json => {
            let mut writer = arrow::json::ArrayWriter::new(&mut out);
            writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
            writer.finish()?;
            writeln!(out)?;
            Ok(())
        }
        Format::Parquet => {
            let first = batches.first().ok_or_else(|| anyhow!("there is no table to write"))?;
            let mut writer = ArrowWriter::try_new(out, first.schema(), None)?;
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.close()?;
            Ok(())
        }
    }
}

fn table(out: &mut impl Write, batches: &[RecordBatch]) -> Result<()> {
    let Some(first) = batches.first() else { return Ok(()) };
    let columns = first.num_columns();
    let mut cells: Vec<Vec<Cow<'_, str>>> = vec![Vec::new(); columns];
    let mut widths: Vec<usize> = Vec::new();
    let schema = first.schema();
    for (at, field) in schema.fields().iter().enumerate() {
        let mut widest = width(field.name());
        for batch in batches {
            for text in texts(batch.column(at).as_ref())? {
                widest = widest.max(width(&text));
                cells[at].push(text);
            }
        }
        widths.push(widest);
    }
    let right: Vec<bool> =
        schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
    let mut text_of_line = String::new();
    let mut line = |texts: &mut dyn Iterator<Item = &str>| -> io::Result<()> {
        text_of_line.clear();
        for (at, text) in texts.enumerate() {
            let gap = if at == 0 { 0 } else { 2 };
            let fill = widths[at].saturating_sub(width(text));
            let (before, after) = if right[at] { (gap + fill, 0) } else { (gap, fill) };
            text_of_line.extend(std::iter::repeat_n(' ', before));
            text_of_line.push_str(text);
            if at + 1 < columns {
                text_of_line.extend(std::iter::repeat_n(' ', after));
            }
        }
        text_of_line.push('\n');
        out.write_all(text_of_line.as_bytes())
    };
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    line(&mut names.into_iter())?;
    for row in 0..cells.first().map_or(0, Vec::len) {
        line(&mut cells.iter().map(|column| &*column[row]))?;
    }
    Ok(())
}

/// The names and texts of a row's values.
pub(crate) fn fields(batch: &RecordBatch, row: usize) -> Result<Vec<(String, String)>> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    columns
        .filter(|(_, array)| array.is_valid(row))
        .map(|(field, array)| {
            let text = texts(array.slice(row, 1).as_ref())?.remove(0).into_owned();
            Ok((field.name().clone(), text))
        })
        .collect()
}

/// Terminal columns of a text; names here have no wide characters.
fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// A column as texts; reals with four decimals, which is more than any figure supports.
fn texts(array: &dyn Array) -> Result<Vec<Cow<'_, str>>> {
    match array.data_type() {
        DataType::Float64 => {
            let real = |value: Option<f64>| {
                value.map_or(Cow::Borrowed(NONE), |value| format!("{value:.4}").into())
            };
            Ok(array.as_primitive::<Float64Type>().iter().map(real).collect())
        }
        DataType::Utf8 => {
            Ok(array.as_string::<i32>().iter().map(|text| plain(text.unwrap_or(NONE))).collect())
        }
        _ => {
            let options = FormatOptions::new().with_null(NONE).with_timestamp_tz_format(Some(TIME));
            let formatter = ArrayFormatter::try_new(array, &options)?;
            (0..array.len())
                .map(|row| {
                    let text = formatter.value(row).try_to_string()?;
                    Ok(plain(&text).into_owned().into())
                })
                .collect()
        }
    }
}

/// The text in one line, without control characters.
fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        text.replace(char::is_control, " ").into()
    } else {
        text.into()
    }
}
