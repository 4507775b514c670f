// SPDX-License-Identifier: MIT OR Apache-2.0
//! JSON in the shape of jsoncpp's styled writer: keys in order, three blanks of indentation, doubles with 17 digits.

use super::number::g17;
use std::collections::BTreeMap;

/// A JSON value.
#[derive(Clone, Debug)]
pub(super) enum Json {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<&'static str, Self>),
}

impl Json {
    /// The text of the value, with a line end.
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        self.put(&mut out, 0);
        out.push('\n');
        out
    }

    fn put(&self, out: &mut String, depth: usize) {
        let indent = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(&"   ".repeat(depth));
        };
        match self {
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => out.push_str(&value.to_string()),
            Self::Double(value) => {
                let text = g17(*value);
                let is_whole = !text.contains(['.', 'e', 'n']);
                out.push_str(&text);
                out.push_str(if is_whole { ".0" } else { "" });
            }
            Self::Text(text) => quote(text, out),
            Self::List(values) if values.is_empty() => out.push_str("null"),
            Self::List(values) => {
                out.push('[');
                for (at, value) in values.iter().enumerate() {
                    indent(out, depth + 1);
                    value.put(out, depth + 1);
                    out.push_str(if at + 1 < values.len() { "," } else { "" });
                }
                indent(out, depth);
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    indent(out, depth + 1);
                    quote(key, out);
                    out.push_str(" : ");
                    value.put(out, depth + 1);
                    out.push_str(if at + 1 < fields.len() { "," } else { "" });
                }
                indent(out, depth);
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for unit in text.chars() {
        match unit {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            ' '..='~' => out.push(unit),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}
