// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers as C prints and reads them.

/// `%.{precision}g`.
pub(super) fn general(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return match value {
            // 0/0, whose sign is set on the processors that the tool runs on.
            value if value.is_nan() => "-nan".to_owned(),
            value if value > 0.0 => "inf".to_owned(),
            _ => "-inf".to_owned(),
        };
    }
    let scientific = format!("{value:.*e}", precision - 1);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    if exponent < -4 || exponent >= precision as i64 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(digits), exponent.abs());
    }
    let decimals = (precision as i64 - 1 - exponent).max(0) as usize;
    trimmed(&format!("{value:.decimals$}"))
}

/// `%.17g`, which names every double.
pub(super) fn g17(value: f64) -> String {
    general(value, 17)
}

/// `%.22Lg`; NIST's tool has 64 significant bits in these, and we have 53.
pub(super) fn g22(value: f64) -> String {
    general(value, 22)
}

/// `atoi`: the number at the beginning, 0 without one.
pub(super) fn atoi(text: &str) -> i64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|&(at, c)| !(c.is_ascii_digit() || (at == 0 && (c == '-' || c == '+'))))
        .map_or(text.len(), |(at, _)| at);
    text[..end].parse().unwrap_or(0)
}

/// `strtoull(text, &rest, 0)`: the number at the beginning, decimal, `0x` or octal, and what follows it.
pub(super) fn strtoull(text: &str) -> (u64, &str) {
    let trimmed = text.trim_start();
    let (radix, digits) = if let Some(hex) = trimmed.strip_prefix("0x") {
        (16, hex)
    } else if trimmed.len() > 1 && trimmed.starts_with('0') {
        (8, &trimmed[1..])
    } else {
        (10, trimmed)
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let value = u64::from_str_radix(&digits[..end], radix);
    match value {
        Ok(value) => (value, &digits[end..]),
        // Only the leading 0 was a number.
        Err(_) if radix != 10 => (0, digits),
        Err(_) => (0, text),
    }
}

/// `strtod` without its rest: the number at the beginning, 0 without one.
pub(super) fn atof(text: &str) -> f64 {
    let text = text.trim_start();
    (1..=text.len())
        .rev()
        .filter(|&end| text.is_char_boundary(end))
        .find_map(|end| text[..end].parse().ok())
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_is_what_c_prints() {
        for (value, precision, expected) in [
            (0.1, 17, "0.10000000000000001"),
            (450.376, 22, "450.3759999999999763531"),
            (6.756_351_122_776_935e-39, 17, "6.7563511227769347e-39"),
            (8.0, 17, "8"),
            (5.742_102_240_091_901, 6, "5.7421"),
            (562_563.0, 6, "562563"),
            (5_625_630.0, 6, "5.62563e+06"),
            (0.000_012_5, 6, "1.25e-05"),
            (0.0, 17, "0"),
            (999_999.5, 6, "1e+06"),
        ] {
            assert_eq!(general(value, precision), expected);
        }
    }

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        assert_eq!((atoi("8x"), atoi("x"), atoi(" -3"), atoi("")), (8, 0, -3, 0));
        assert_eq!(strtoull("0x10,5"), (16, ",5"));
        assert_eq!(
            (strtoull("12,3"), strtoull("0,7"), strtoull("010")),
            ((12, ",3"), (0, ",7"), (8, ""))
        );
        assert_eq!((atof("2.5e0z"), atof("zero"), atof("-1")), (2.5, 0.0, -1.0));
    }
}
