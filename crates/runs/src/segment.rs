// SPDX-License-Identifier: GPL-2.0-or-later
//! One Parquet file of rows. It is never changed: a change writes another file that lists those it replaces, and takes
//! effect with the rename that gives it its name.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use run_store::SCHEMA_VERSION;

use crate::table;

pub(crate) const ENDING: &str = "parquet";
const SCHEMA: &str = "uchaos.runs.schema";
const REPLACES: &str = "uchaos.runs.replaces";

/// An opened file whose footer has been parsed.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub path: PathBuf,
    /// Names of the files that it replaces.
    pub replaces: Vec<String>,
}

impl Segment {
    /// Opens a file.
    ///
    /// # Errors
    /// Returns an error if it is truncated, from another program, or of a newer version.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(|error| anyhow!("it is truncated, or not a Parquet file ({error})"))?;
        let pairs = metadata.metadata().file_metadata().key_value_metadata();
        let value = |key: &str| {
            let pair = pairs.into_iter().flatten().find(|pair| pair.key == key)?;
            pair.value.as_deref()
        };
        let version = value(SCHEMA).context("it is a Parquet file of another program")?;
        ensure!(
            version.parse() == Ok(SCHEMA_VERSION),
            "it has schema {version}, and this version reads schema {SCHEMA_VERSION}: use a newer uchaos"
        );
        table::check(metadata.schema())?;
        let replaces =
            value(REPLACES).unwrap_or_default().split(',').filter(|name| !name.is_empty());
        Ok(Self { path: path.to_path_buf(), replaces: replaces.map(str::to_owned).collect() })
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// All rows with these columns, or with every column.
    ///
    /// # Errors
    /// Returns an error if the file is damaged.
    pub(crate) fn read(&self, columns: Option<&[&str]>) -> Result<RecordBatch> {
        let reading = || format!("reading {}", self.path.display());
        let file = File::open(&self.path).with_context(reading)?;
        let mut builder = ParquetRecordBatchReaderBuilder::try_new(file).with_context(reading)?;
        if let Some(columns) = columns {
            let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
            builder = builder.with_projection(mask);
        }
        let reader = builder.with_batch_size(65_536).build().with_context(reading)?;
        let batches = reader.collect::<Result<Vec<_>, _>>().with_context(reading)?;
        let schema = match batches.first() {
            Some(batch) => batch.schema(),
            None => table::schema(),
        };
        let whole = concat_batches(&schema, &batches).with_context(reading)?;
        if columns.is_some() { Ok(whole) } else { table::completed(&whole) }
    }
}

/// Writes rows atomically to a file, which is on the disk when this returns.
///
/// # Errors
/// Returns an error if the disk is full, or the folder cannot be written.
pub(crate) fn write(
    path: &Path,
    batches: impl IntoIterator<Item = Result<RecordBatch>>,
    replaces: &[String],
) -> Result<()> {
    let writing = || format!("writing {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let fresh =
        tempfile::Builder::new().prefix(".new-").tempfile_in(folder).with_context(writing)?;
    write_to(fresh.as_file(), batches, replaces).with_context(writing)?;
    fresh.as_file().sync_all().with_context(writing)?;
    // A temporary file is readable only by its owner; a store may be shared.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fresh.as_file().set_permissions(mode).with_context(writing)?;
    fresh.persist(path).with_context(writing)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(writing)
}

/// Writes rows in the format of the store's files.
///
/// # Errors
/// Returns an error if writing to `out` fails.
pub(crate) fn write_to(
    out: impl std::io::Write + Send,
    batches: impl IntoIterator<Item = Result<RecordBatch>>,
    replaces: &[String],
) -> Result<()> {
    let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_key_value_metadata(Some(vec![
            pair(SCHEMA, SCHEMA_VERSION.to_string()),
            pair(REPLACES, replaces.join(",")),
        ]))
        .build();
    let mut writer = ArrowWriter::try_new(out, table::schema(), Some(properties))?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}
