// SPDX-License-Identifier: GPL-2.0-or-later
//! SQL over the store: DataFusion reads the columns that a query needs from the files that hold rows.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow::array::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use guest_run::ExitKind;

use crate::store::Store;
use crate::table;

/// The name of the table.
pub(crate) const TABLE: &str = "runs";

/// The rows of a query, which can only read.
///
/// # Errors
/// Returns an error ([`ExitKind::Usage`]) if the query is not valid SQL, or names something that does not exist.
pub(crate) fn run(store: &Store, sql: &str) -> Result<Vec<RecordBatch>> {
    let files = store.files()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().build();
    runtime.context("starting the threads of a query")?.block_on(async {
        let context = session(&files).await?;
        let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false);
        let usage = |error: datafusion::error::DataFusionError| {
            // The lines after the first are a list of all columns.
            let reason = error.strip_backtrace();
            let reason = reason.lines().next().unwrap_or_default();
            ExitKind::Usage(format!(
                "running the query `{sql}`: {reason} (`uchaos runs columns` lists the columns of the table {TABLE})"
            ))
        };
        let reading = reading.with_allow_statements(false);
        let plan = context.sql_with_options(sql, reading).await.map_err(usage)?;
        let schema = plan.schema().inner().clone();
        let batches = plan.collect().await.map_err(usage)?;
        // A query without rows still has columns.
        Ok(if batches.is_empty() { vec![RecordBatch::new_empty(schema)] } else { batches })
    })
}

async fn session(files: &[PathBuf]) -> Result<SessionContext> {
    let mut config = SessionConfig::new();
    config.options_mut().execution.parquet.schema_force_view_types = false;
    let context = SessionContext::new_with_config(config);
    let schema = table::schema();
    if files.is_empty() {
        let empty = MemTable::try_new(schema, vec![Vec::new()])?;
        context.register_table(TABLE, Arc::new(empty))?;
        return Ok(context);
    }
    let urls = files
        .iter()
        .map(|file| Ok(ListingTableUrl::parse(file.to_string_lossy())?))
        .collect::<Result<Vec<_>>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema);
    context.register_table(TABLE, Arc::new(ListingTable::try_new(config)?))?;
    Ok(context)
}

/// Quotes a text for SQL.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
