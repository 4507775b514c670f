// SPDX-License-Identifier: GPL-2.0-or-later
//! The answer of one peer to one question, in a file: samples as 64-bit little-endian words, output unchanged, a
//! source's description of itself as JSON.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::peer::{About, Question};
use crate::source::Description;

/// Maximum samples or bytes of one answer, which is held in memory.
const MOST: u64 = 1 << 30;

/// Queries a peer in this process, and writes its answer to `file`.
///
/// # Errors
/// Returns an error if the peer is not on this machine, fails, or the file cannot be written.
pub fn answer(question: Question, library: &Path, file: &Path) -> Result<()> {
    let name = question.peer.name();
    let mut source = question.peer.open(library)?;
    let count = |count: u64| {
        ensure!(count <= MOST, "{count} is more than one answer of {name} can hold: {MOST}");
        usize::try_from(count).context("counting in this process's memory")
    };
    let bytes = match question.about {
        About::Itself => serde_json::to_vec(&source.description()?).context("describing a peer")?,
        About::Raw { samples } => {
            let mut deltas = vec![0; count(samples)?];
            source.raw(&mut deltas).with_context(|| format!("taking raw noise of {name}"))?;
            deltas.iter().flat_map(|delta| delta.to_le_bytes()).collect()
        }
        About::Output { bytes } => {
            let mut output = vec![0; count(bytes)?];
            source.output(&mut output).with_context(|| format!("taking output of {name}"))?;
            output
        }
    };
    fs::write(file, bytes)?;
    Ok(())
}

/// Reads the samples of an answer.
pub(crate) fn samples(file: &Path, expected: u64) -> Result<Vec<u64>> {
    let bytes = fs::read(file)?;
    let (words, rest) = bytes.as_chunks::<8>();
    ensure!(
        rest.is_empty() && words.len() as u64 == expected,
        "{} holds {} bytes, which are not {expected} samples",
        file.display(),
        bytes.len()
    );
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

/// Reads the length of an output.
pub(crate) fn expect_output(file: &Path, expected: u64) -> Result<()> {
    let bytes = fs::metadata(file)?.len();
    ensure!(bytes == expected, "{} holds {bytes} bytes of {expected}", file.display());
    Ok(())
}

pub(crate) fn description(file: &Path) -> Result<Description> {
    let text = fs::read(file)?;
    serde_json::from_slice(&text)
        .with_context(|| format!("parsing a peer's description in {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Peer;

    fn ask(peer: Peer, about: About, file: &Path) -> Result<()> {
        answer(Question { peer, about }, Path::new("/no/such/library.so"), file)
    }

    #[test]
    fn a_peer_answers_as_many_samples_and_bytes_as_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answer");
        ask(Peer::RandJitter, About::Raw { samples: 1_000 }, &file).unwrap();
        let deltas = samples(&file, 1_000).unwrap();
        let distinct: std::collections::BTreeSet<_> = deltas.iter().collect();
        assert!(distinct.len() > 10, "{deltas:?}");
        assert!(samples(&file, 999).is_err());
        ask(Peer::RandJitter, About::Output { bytes: 100 }, &file).unwrap();
        expect_output(&file, 100).unwrap();
        assert!(expect_output(&file, 99).is_err());
        assert!(samples(&file, 12).is_err(), "100 bytes are 12.5 words");
        ask(Peer::RandJitter, About::Itself, &file).unwrap();
        assert_eq!(description(&file).unwrap().no_raw, None);
        fs::write(&file, "{\"version\": 1}").unwrap();
        assert!(description(&file).is_err());
    }

    #[test]
    fn a_library_that_is_not_there_is_an_error_that_names_it_and_the_package() {
        let folder = tempfile::tempdir().unwrap();
        let error = ask(Peer::Jitterentropy, About::Itself, &folder.path().join("answer"));
        let error = format!("{:#}", error.unwrap_err());
        assert!(error.contains("/no/such/library.so"), "{error}");
        assert!(
            error.contains("libjitterentropy3") && error.contains("--jitterentropy"),
            "{error}"
        );
    }

    #[test]
    fn an_answer_that_is_too_long_is_refused() {
        let file = Path::new("/nowhere");
        let error = ask(Peer::RandJitter, About::Raw { samples: MOST + 1 }, file).unwrap_err();
        assert!(error.to_string().contains("more than one answer"), "{error:#}");
    }
}
