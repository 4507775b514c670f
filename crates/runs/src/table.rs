// SPDX-License-Identifier: GPL-2.0-or-later
//! The table in Arrow's terms: its schema, and rows as a batch.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use arrow::array::{
    Array as _, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use run_store::{Kind, Row, Utc, Value, columns};

/// Every column can be empty.
pub(crate) fn schema() -> SchemaRef {
    let fields = columns().into_iter().map(|column| {
        let kind = match column.kind {
            Kind::Text => DataType::Utf8,
            Kind::Count => DataType::Int64,
            Kind::Real => DataType::Float64,
            Kind::Flag => DataType::Boolean,
            Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(column.name, kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

macro_rules! gather {
    ($rows:ident, $at:ident, $kind:ident, $array:ty) => {{
        let values = $rows.iter().map(|row| match row[$at] {
            Value::$kind(value) => value,
            _ => None,
        });
        Arc::new(values.collect::<$array>()) as ArrayRef
    }};
}

/// Rows as one batch.
pub(crate) fn batch(rows: &[Row]) -> Result<RecordBatch> {
    let values: Vec<Vec<Value<'_>>> = rows.iter().map(|row| row.values().collect()).collect();
    let arrays = columns().into_iter().enumerate().map(|(at, column)| match column.kind {
        Kind::Text => gather!(values, at, Text, StringArray),
        Kind::Count => gather!(values, at, Count, Int64Array),
        Kind::Real => gather!(values, at, Real, Float64Array),
        Kind::Flag => gather!(values, at, Flag, BooleanArray),
        Kind::Time => {
            let times = values.iter().map(|row| match row[at] {
                Value::Time(time) => time.map(|Utc(us)| us),
                _ => None,
            });
            Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
    });
    RecordBatch::try_new(schema(), arrays.collect()).context("making a table of rows")
}

/// The batch with every column of this version; missing ones are empty.
pub(crate) fn completed(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = schema();
    let arrays = schema.fields().iter().map(|field| {
        let found = batch.column_by_name(field.name()).cloned();
        found.unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
    });
    RecordBatch::try_new(schema.clone(), arrays.collect()).context("completing a table of rows")
}

/// Checks that a file's columns are known and have the right types.
pub(crate) fn check(found: &Schema) -> Result<()> {
    let schema = schema();
    for field in found.fields() {
        let known = schema.field_with_name(field.name()).ok();
        let known = known.with_context(|| {
            format!(
                "it has a column {}, which this version does not know: use a newer uchaos",
                field.name()
            )
        })?;
        ensure!(
            known.data_type() == field.data_type(),
            "its column {} holds {}, but should hold {}",
            field.name(),
            field.data_type(),
            known.data_type()
        );
    }
    ensure!(found.field_with_name("key").is_ok(), "it has no column `key`");
    Ok(())
}

/// A column of texts.
pub(crate) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray> {
    let column =
        batch.column_by_name(name).with_context(|| format!("there is no column {name}"))?;
    column.as_any().downcast_ref().with_context(|| format!("the column {name} holds no text"))
}

/// A column of whole numbers.
pub(crate) fn counts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array> {
    let column =
        batch.column_by_name(name).with_context(|| format!("there is no column {name}"))?;
    column.as_any().downcast_ref().with_context(|| format!("the column {name} holds no number"))
}

/// A text, if present.
pub(crate) fn text(array: &StringArray, row: usize) -> Option<&str> {
    array.is_valid(row).then(|| array.value(row))
}
