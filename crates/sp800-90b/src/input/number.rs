// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole numbers as text: one per line, or one column of a table.

use super::InputError;

/// A line that is longer than this is not a line of numbers.
const LONGEST_LINE: usize = 1 << 16;

/// The numbers of a text, line by line.
pub(super) struct Numbers {
    radix: u32,
    column: Option<usize>,
    line: Vec<u8>,
    /// Lines begun, from 1.
    line_number: u64,
    /// A first line that holds names and no numbers.
    header: Option<String>,
}

type Each<'a> = dyn FnMut(u64) -> Result<bool, InputError> + 'a;

impl Numbers {
    pub(super) fn new(radix: u32, column: Option<usize>) -> Self {
        Self { radix, column, line: Vec::new(), line_number: 1, header: None }
    }

    pub(super) fn push(&mut self, bytes: &[u8], each: &mut Each<'_>) -> Result<bool, InputError> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() > LONGEST_LINE && self.column.is_some() {
                return Err(InputError::Sample(format!(
                    "line {} is longer than {LONGEST_LINE} bytes, so this is not a table; leave --column out for \
                     numbers in one long line",
                    self.line_number
                )));
            }
            if piece.ends_with(b"\n") {
                if !self.take_line(each)? {
                    return Ok(false);
                }
                self.line_number += 1;
            } else if self.line.len() > LONGEST_LINE && !self.take_whole_fields(each)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn finish(&mut self, each: &mut Each<'_>) -> Result<(), InputError> {
        self.take_line(each).map(|_| ())
    }

    pub(super) fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// Of a very long line, everything up to its last separator.
    fn take_whole_fields(&mut self, each: &mut Each<'_>) -> Result<bool, InputError> {
        let Some(end) = self.line.iter().rposition(|&byte| is_separator(byte)) else {
            return Err(InputError::Sample(format!(
                "line {} is longer than {LONGEST_LINE} bytes without a separator, so this is not text of numbers; \
                 --format bits reads a line of 0 and 1, --format u8 one symbol per byte",
                self.line_number
            )));
        };
        let rest = self.line.split_off(end + 1);
        let wants_more = self.take_line(each);
        self.line = rest;
        wants_more
    }

    fn take_line(&mut self, each: &mut Each<'_>) -> Result<bool, InputError> {
        let line = std::mem::take(&mut self.line);
        let text = std::str::from_utf8(&line).map_err(|_| {
            InputError::Sample(format!(
                "line {} is not text; for one symbol per byte use --format u8, for words --format u64le",
                self.line_number
            ))
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let wants_more = self.take_fields(text, each);
        // The buffer is kept for the next line.
        self.line = line;
        self.line.clear();
        wants_more
    }

    fn take_fields(&mut self, text: &str, each: &mut Each<'_>) -> Result<bool, InputError> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(true);
        }
        let fields = || {
            text.split(|c: char| c.is_ascii() && is_separator(c as u8))
                .map(|field| field.trim().trim_matches('"'))
                .filter(|field| !field.is_empty())
        };
        if self.line_number == 1
            && fields().next().is_some_and(|field| self.parse(field).is_none())
            && fields().any(|field| field.starts_with(|c: char| c.is_alphabetic() || c == '_'))
            && fields().all(|field| self.parse(field).is_none())
        {
            self.header = Some(text.chars().take(60).collect());
            return Ok(true);
        }
        if let Some(column) = self.column {
            let separated = split_columns(text);
            let Some(field) = column.checked_sub(1).and_then(|at| separated.get(at)) else {
                return Err(InputError::Sample(format!(
                    "line {} has {} columns, and --column {column} was asked for",
                    self.line_number,
                    separated.len()
                )));
            };
            return each(self.number(field)?);
        }
        let has_table_separator = text.contains([',', ';', '\t']);
        if has_table_separator && fields().count() > 1 && self.is_table_line(text) {
            return Err(InputError::Sample(format!(
                "line {} has {} numbers (“{}”): choose one with --column N, from 1",
                self.line_number,
                fields().count(),
                text.chars().take(40).collect::<String>()
            )));
        }
        for field in fields() {
            if !each(self.number(field)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A short line with several fields is a row of a table; a long one is a list.
    fn is_table_line(&self, text: &str) -> bool {
        text.len() < 200 && !text.ends_with([',', ';'])
    }

    fn parse(&self, field: &str) -> Option<u64> {
        let digits = match self.radix {
            16 => field
                .strip_prefix("0x")
                .or_else(|| field.strip_prefix("0X"))
                .unwrap_or(field)
                .trim_end_matches(['h', 'H']),
            _ => field.strip_prefix('+').unwrap_or(field),
        };
        // The sign that Rust's parser takes was taken above.
        if digits.starts_with(['+', '-']) {
            return None;
        }
        u64::from_str_radix(digits, self.radix).ok()
    }

    fn number(&self, field: &str) -> Result<u64, InputError> {
        self.parse(field).ok_or_else(|| {
            let kind = if self.radix == 16 { "hexadecimal" } else { "decimal" };
            let advice = if self.radix == 10 && u64::from_str_radix(field.trim_start_matches("0x"), 16).is_ok() {
                "it is hexadecimal: --format hex"
            } else if field.starts_with('-') {
                "negative differences cannot be ticks: subtract in the other direction, or give the counter readings \
                 with --counter"
            } else if field.parse::<f64>().is_ok() {
                "give whole ticks, without a fraction or exponent"
            } else {
                "choose another column with --column N, or another --format"
            };
            InputError::Sample(format!(
                "line {}: “{}” is not a whole {kind} number below 2^64; {advice}",
                self.line_number,
                field.chars().take(40).collect::<String>()
            ))
        })
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b';') || byte.is_ascii_whitespace()
}

/// The columns of a table's line, by the strongest separator that it has.
fn split_columns(text: &str) -> Vec<&str> {
    let separator = [';', ',', '\t'].into_iter().find(|&separator| text.contains(separator));
    match separator {
        Some(separator) => {
            text.split(separator).map(|field| field.trim().trim_matches('"')).collect()
        }
        None => text.split_ascii_whitespace().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str, radix: u32, column: Option<usize>) -> Result<Vec<u64>, String> {
        let mut seen = Vec::new();
        let mut numbers = Numbers::new(radix, column);
        let mut each = |value| {
            seen.push(value);
            Ok(true)
        };
        // In pieces of 3 bytes, so that numbers fall on the borders.
        for piece in text.as_bytes().chunks(3) {
            numbers.push(piece, &mut each).map_err(|error| error.to_string())?;
        }
        numbers.finish(&mut each).map_err(|error| error.to_string())?;
        Ok(seen)
    }

    #[test]
    fn lines_lists_and_columns_are_read() {
        assert_eq!(numbers("12\n+345\r\n\n6", 10, None), Ok(vec![12, 345, 6]));
        assert_eq!(numbers("0x1f, ff,\nA0h", 16, None), Ok(vec![31, 255, 160]));
        assert_eq!(numbers("# made by x\n1 2 3\n", 10, None), Ok(vec![1, 2, 3]));
        let table = "time,\"delta\"\n1,20\n2,30\n";
        assert_eq!(numbers(table, 10, Some(2)), Ok(vec![20, 30]));
        assert_eq!(numbers("1;;7\n2;;8\n", 10, Some(3)), Ok(vec![7, 8]));
    }

    #[test]
    fn what_is_not_a_number_is_named_with_its_line_and_the_way_out() {
        let error = |text, radix, column| numbers(text, radix, column).unwrap_err();
        assert!(error("1\n2.5\n", 10, None).contains("line 2"));
        assert!(error("1\n-3\n", 10, None).contains("--counter"));
        assert!(error("1\n3f\n", 10, None).contains("--format hex"));
        assert!(error("1,2\n", 10, None).contains("--column"));
        assert!(error("1,2\n", 10, Some(3)).contains("has 2 columns"));
        assert!(error("99999999999999999999\n", 10, None).contains("2^64"));
        assert!(error("5\nname\n", 10, None).contains("line 2"));
    }

    #[test]
    fn one_very_long_line_is_a_list() {
        let text = "123456 ".repeat(20_000);
        assert_eq!(numbers(&text, 10, None).unwrap().len(), 20_000);
        assert!(numbers(&"7".repeat(70_000), 10, None).unwrap_err().contains("--format bits"));
    }
}
