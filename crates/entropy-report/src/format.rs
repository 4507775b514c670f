// SPDX-License-Identifier: GPL-2.0-or-later
//! Figures as text. None of these ever writes NaN or infinity.

/// In place of a figure that is not there.
pub const NONE: &str = "–";

/// A whole number with thousands set apart: `1,000,000`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Ticks, in full while they are short enough for a column of a narrow table.
pub(crate) fn ticks(number: u64) -> String {
    match number {
        0..10_000_000 => count(number),
        10_000_000..10_000_000_000 => format!("{} M", real(number as f64 / 1e6)),
        10_000_000_000..10_000_000_000_000 => format!("{} G", real(number as f64 / 1e9)),
        _ => real(number as f64),
    }
}

/// A real with about four significant figures.
#[must_use]
pub fn real(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        NONE.to_owned()
    } else if number.fract() == 0.0 && size < 1e7 {
        let sign = if number < 0.0 { "-" } else { "" };
        format!("{sign}{}", count(size as u64))
    } else if !(1e-4..1e7).contains(&size) {
        format!("{number:.2e}")
    } else if size >= 1_000.0 {
        format!("{number:.0}")
    } else if size >= 10.0 {
        format!("{number:.1}")
    } else if size >= 1.0 {
        format!("{number:.2}")
    } else if size >= 0.01 {
        format!("{number:.3}")
    } else {
        format!("{number:.5}")
    }
}

/// Min-entropy in bits.
pub(crate) fn bits(figure: f64) -> String {
    real(figure)
}

/// A share of one as a percentage.
#[must_use]
pub fn share(part: f64) -> String {
    if part.is_finite() { format!("{} %", real(part * 100.0)) } else { NONE.to_owned() }
}

/// A figure, or the sign for none.
pub(crate) fn option(figure: Option<f64>) -> String {
    figure.map_or_else(|| NONE.to_owned(), real)
}

/// Microseconds in the unit that suits them.
pub(crate) fn duration_us(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", real(us as f64 / 1e3)),
        _ => format!("{} s", real(us as f64 / 1e6)),
    }
}

/// With a capital letter, for the start of a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Bytes in the binary unit that suits them.
pub(crate) fn bytes(len: u64) -> String {
    match len {
        0..1_024 => format!("{len} B"),
        1_024..1_048_576 => format!("{} KiB", real(len as f64 / 1_024.0)),
        _ => format!("{} MiB", real(len as f64 / 1_048_576.0)),
    }
}

/// An estimator's name for people.
pub(crate) fn estimator(name: &str) -> String {
    let (bare, on) = match name.strip_prefix("bitstring.") {
        Some(bare) => (bare, " on bits"),
        None => (name, ""),
    };
    let title = match bare {
        "mcv" => "most common value",
        "t_tuple" => "t-tuple",
        "lrs" => "longest repeated substring",
        "multi_mcw" => "most common in window",
        "lag" => "lag prediction",
        "multi_mmc" => "Markov models with counting",
        "lz78y" => "LZ78Y prediction",
        "markov" => "Markov",
        "width" => "none below the width of a symbol",
        other => other,
    };
    format!("{title}{on}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_never_nan() {
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(count(999), "999");
        assert_eq!(ticks(9_999_999), "9,999,999");
        assert_eq!(ticks(80_791_690), "80.8 M");
        assert_eq!(ticks(u64::MAX), "1.84e19");
        assert_eq!(real(f64::NAN), "–");
        assert_eq!(share(f64::INFINITY), "–");
        assert_eq!(real(0.456_789), "0.457");
        assert_eq!(real(-0.0), "0");
        assert_eq!(real(-2_000.0), "-2,000");
        assert_eq!(share(0.9), "90 %");
        assert_eq!(duration_us(43_000), "43 ms");
        assert_eq!(bytes(16 << 20), "16 MiB");
    }
}
