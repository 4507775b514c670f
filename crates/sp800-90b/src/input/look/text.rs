// SPDX-License-Identifier: MIT OR Apache-2.0
//! Kinds of text, and what reads each.

/// Kinds of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextKind {
    /// The characters 0 and 1.
    Bits,
    /// Decimal numbers, one per line or separated.
    Decimal,
    /// Hexadecimal numbers.
    Hex,
    /// Lines of base64.
    Base64,
    /// A table with names in its first line.
    Table,
    /// Two bytes per character.
    Utf16,
    /// Any other text.
    Other,
}

impl TextKind {
    /// What it looks like, and what reads it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Bits => "text of 0 and 1: --format bits reads it",
            Self::Decimal => {
                "text with decimal numbers: --format dec reads it (--counter for clock readings)"
            }
            Self::Hex => {
                "hexadecimal text: --format hex reads numbers, `xxd -r -p FILE | ea -` a dump"
            }
            Self::Base64 => "base64 text: decode it first, `base64 -d FILE | ea -`",
            Self::Table => "a table with a header: --format dec --column N reads one column",
            Self::Utf16 => "UTF-16 text: `iconv -f UTF-16 -t ASCII FILE | ea --format dec -`",
            Self::Other => "text, not samples",
        }
    }
}

/// The kind of text, if it is text.
pub(in crate::input) fn text_kind(head: &[u8]) -> Option<TextKind> {
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        let high = usize::from(head[0] == 0xFF);
        let ascii = head[2..].iter().skip(high).step_by(2).filter(|&&byte| byte == 0).count();
        if head.len() > 8 && ascii * 2 + 2 >= head.len() - 1 {
            return Some(TextKind::Utf16);
        }
    }
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let is_text = |&byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let differ = head.first().is_some_and(|first| head.iter().any(|byte| byte != first));
    if head.len() < 8 || !differ || !head.iter().all(is_text) {
        return None;
    }
    let all = |accepted: &dyn Fn(u8) -> bool| {
        head.iter().all(|&byte| byte.is_ascii_whitespace() || accepted(byte))
    };
    let has_gaps =
        head.iter().any(|&byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b';'));
    let longest_line = head.split(|&byte| byte == b'\n').map(<[u8]>::len).max().unwrap_or(0);
    Some(if all(&|byte| matches!(byte, b'0' | b'1' | b',')) {
        TextKind::Bits
    } else if all(&|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b';')) {
        if has_gaps { TextKind::Decimal } else { TextKind::Hex }
    } else if all(&|byte| {
        byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'X' | b',' | b';' | b'h')
    }) {
        TextKind::Hex
    } else if longest_line >= 40
        && all(&|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
    {
        TextKind::Base64
    } else if is_table(head) {
        TextKind::Table
    } else {
        TextKind::Other
    })
}

/// Names in the first line, numbers in the others.
fn is_table(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let names = lines.next().unwrap_or_default();
    let mut numbers = 0;
    for line in lines.take(20) {
        let is_number = |byte: &u8| {
            matches!(
                byte,
                b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b';' | b'\t' | b' ' | b'"' | b'e' | b'x'
            )
        };
        if !line.iter().all(is_number) {
            return false;
        }
        numbers += usize::from(!line.is_empty());
    }
    numbers > 0 && names.iter().any(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_text() {
        let kind = |text: &str| text_kind(text.as_bytes()).unwrap();
        assert_eq!(kind("0101101010"), TextKind::Bits);
        assert_eq!(kind("0\n1\n0\n0\n1\n"), TextKind::Bits);
        assert_eq!(kind("12\n345\n26\n"), TextKind::Decimal);
        assert_eq!(kind("1.5, 2.5, 3\n"), TextKind::Decimal);
        assert_eq!(kind("3fa9\n00bd\n"), TextKind::Hex);
        assert_eq!(kind("time,delta\n1,20\n2,30\n"), TextKind::Table);
        assert_eq!(kind("Lorem ipsum dolor"), TextKind::Other);
        let base64 = "q83vEjRWeJq83vEjRWeJqzS83vEjRWeJq83vEjRWeJq83vEjRWeJqzS8\n".repeat(3);
        assert_eq!(kind(&base64), TextKind::Base64);
        let utf16: Vec<u8> =
            "\u{feff}12\n13\n14\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text_kind(&utf16), Some(TextKind::Utf16));
        assert_eq!(text_kind(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), None);
    }
}
