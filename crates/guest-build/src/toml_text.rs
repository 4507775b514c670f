// SPDX-License-Identifier: GPL-2.0-or-later
//! Hand-written TOML files: an unknown key or value is an error that names the nearest known one.

use anyhow::{Result, anyhow};
use chaos_wire::nearest;
use serde::de::DeserializeOwned;

/// Parses `text`.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let meant = meant(error.message());
        let error = anyhow!("{}", error.to_string().trim_end());
        match meant {
            Some(meant) => anyhow!("{error}\ndid you mean `{meant}`?"),
            None => error,
        }
    })
}

/// The nearest expected name in serde's message "unknown field `x`, expected one of `a`, `b`".
fn meant(message: &str) -> Option<String> {
    let (unknown, expected) = message.strip_prefix("unknown ")?.split_once(", expected ").map(
        |(unknown, expected)| (unknown.split('`').nth(1), expected.split('`').skip(1).step_by(2)),
    )?;
    nearest(unknown?, expected).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[expect(dead_code, reason = "only its name is of interest")]
        compression: Word,
        #[expect(dead_code, reason = "only its name is of interest")]
        sources: Option<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Gzip,
        Zstd,
    }

    fn error(text: &str) -> String {
        parse::<Sample>(text).unwrap_err().to_string()
    }

    #[test]
    fn what_was_meant_is_named_where_it_is_near() {
        let key = error("compresion = 'gzip'");
        assert!(key.contains("line 1") && key.ends_with("did you mean `compression`?"), "{key}");
        let word = error("compression = 'gzpi'");
        assert!(word.ends_with("did you mean `gzip`?"), "{word}");
        let far = error("compression = 'zstd'\ncolour = 3");
        assert!(far.contains("colour") && !far.contains("did you mean"), "{far}");
        assert!(!error("compression = ").contains("did you mean"));
    }
}
