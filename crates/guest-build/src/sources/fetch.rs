// SPDX-License-Identifier: GPL-2.0-or-later
//! Fetches one source file into the cache: from its mirrors in turn, resuming broken transfers, and verified before
//! it gets its final name.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::http::{Broken, Ended};
use super::wrong_sum::set_aside;
use super::{Manifest, Mirror, Obtained, Source, debian, http, is_final, record};
use crate::log::StepLog;
use guest_run::CommandContext;
use guest_run::file_sha256;

/// Number of times that a mirror's transfer may break while attempts make progress.
const MOST_BREAKS: usize = 20;
/// Consecutive attempts without progress. A server that cannot resume starts at 0, and sometimes gets less far.
const FRUITLESS_TRIES: usize = 2;

/// Fetches one source from the first of its mirrors that has it, regardless of the cache.
///
/// # Errors
/// Returns an error if no mirror has it, or if all that answered sent a wrong file ([`WrongSum`](super::WrongSum)).
pub(super) fn from_mirrors(
    context: &CommandContext,
    manifest: &Manifest,
    source: &Source,
    folder: &Path,
    stall: Duration,
    log: &mut StepLog,
) -> Result<Obtained> {
    fs::create_dir_all(folder)
        .with_context(|| format!("creating the cache folder {}", folder.display()))?;
    let target = folder.join(&source.file);
    let part = folder.join(format!("{}.part", source.file));
    let mut failures: Vec<String> = Vec::new();
    let mut wrong_sum = None;
    for mirror in &source.mirrors {
        // The partial file may be the beginning of another mirror's wrong file: if the sum is wrong after resuming
        // from it, a second attempt starts from scratch.
        let mut tries_left = if len_of(&part) > 0 { 2 } else { 1 };
        let mut ends_left = FRUITLESS_TRIES;
        while tries_left > 0 {
            log.note(&format!("{} from {mirror}", source.file))?;
            let brought = bring(context, manifest, mirror, &source.file, &part, stall, log);
            let (version, ended) = match brought {
                Ok(brought) => brought,
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    log.note(&format!("{} not from {mirror}: {error:#}", source.file))?;
                    failures.push(format!("  {mirror}: {error:#}"));
                    break;
                }
            };
            let sha256 = file_sha256(&part)?;
            if let Some(expected) = source.sha256.as_ref().filter(|expected| **expected != sha256) {
                if ended == Ended::Somewhere && ends_left > 0 {
                    ends_left -= 1;
                    log.say(&format!(
                        "{mirror} ended after {} bytes without having announced a length, and they are not the file; \
                         trying again",
                        len_of(&part)
                    ))?;
                    continue;
                }
                tries_left -= 1;
                let error = set_aside(&part, &target, expected, &sha256)?;
                log.note(&error.to_string())?;
                failures.push(format!("  {mirror}: wrong SHA-256 {sha256}"));
                wrong_sum = Some(error);
                continue;
            }
            // Only now: if no mirror has the file, the error names each.
            for failure in &failures {
                log.say(failure.trim_start())?;
            }
            let version =
                version.or_else(|| source.version.clone()).context("a source without a version")?;
            fs::rename(&part, &target)
                .with_context(|| format!("moving {} into place", target.display()))?;
            return record(source, version, target, sha256, mirror.to_string());
        }
    }
    match wrong_sum {
        Some(error) => Err(error.into()),
        None => Err(anyhow!(
            "{} could not be fetched from any of its mirrors:\n{}",
            source.file,
            failures.join("\n")
        )),
    }
}

/// Fetches a file from one mirror to `part`; returns the version, if only the mirror knows it, and if it is complete.
fn bring(
    context: &CommandContext,
    manifest: &Manifest,
    mirror: &Mirror,
    file: &str,
    part: &Path,
    stall: Duration,
    log: &mut StepLog,
) -> Result<(Option<String>, Ended)> {
    let apt =
        |log: &mut StepLog| debian::Apt::open(&manifest.debian, &context.cache.join("apt"), log);
    let version = match mirror {
        Mirror::Url(url) => return download(url, part, stall, log).map(|ended| (None, ended)),
        Mirror::DebianSource(package) => {
            apt(log)?.upstream_tarball(package, file, part, log).map(|()| None)
        }
        Mirror::Deb(package) => apt(log)?.deb(package, part, log).map(Some),
        Mirror::DebianKernel(flavour) => apt(log)?.kernel(flavour, part, log).map(Some),
        Mirror::DebianSourcePackage(package) => {
            apt(log)?.source_package(package, part, log).map(Some)
        }
        Mirror::DebianPackage { name, member } => {
            apt(log)?.package_member(name, member, part, log).map(Some)
        }
    };
    version.map(|version| (version, Ended::Whole))
}

/// Downloads, and resumes broken transfers while that makes progress. A mirror that stalls is given up.
fn download(url: &str, part: &Path, stall: Duration, log: &mut StepLog) -> Result<Ended> {
    let (mut breaks, mut fruitless, mut furthest_bytes) = (0, 0, len_of(part));
    loop {
        let error = match http::download(url, part, stall, log.bar()) {
            Ok(ended) => return Ok(ended),
            Err(error) => error,
        };
        let reached_bytes = len_of(part);
        fruitless = if reached_bytes > furthest_bytes { 0 } else { fruitless + 1 };
        furthest_bytes = furthest_bytes.max(reached_bytes);
        breaks += 1;
        let again = error.downcast_ref::<Broken>().is_some_and(|broken| !broken.stalled);
        if !again || breaks > MOST_BREAKS || fruitless > FRUITLESS_TRIES {
            return Err(error);
        }
        log.say(&format!("{error}; trying again"))?;
    }
}

fn len_of(part: &Path) -> u64 {
    part.metadata().map_or(0, |data| data.len())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;
    use crate::sources::WrongSum;
    use guest_run::hex;

    /// A loopback server for one file, with byte ranges. Each connection ends after its number of bytes.
    struct Server {
        url: String,
        thread: JoinHandle<Vec<u64>>,
    }

    impl Server {
        fn start(content: Vec<u8>, cuts: Vec<usize>) -> Self {
            Self::of_kind(Kind::Resumes, content, cuts)
        }

        fn of_kind(kind: Kind, content: Vec<u8>, cuts: Vec<usize>) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/file", listener.local_addr().unwrap());
            let thread = std::thread::spawn(move || {
                cuts.into_iter().map(|cut| answer(kind, &listener, &content, cut)).collect()
            });
            Self { url, thread }
        }

        fn source(&self, sha256: &str) -> Source {
            Source {
                name: "a-1".to_owned(),
                version: Some("1.0".to_owned()),
                file: "a.tar".to_owned(),
                sha256: Some(sha256.to_owned()),
                mirrors: vec![Mirror::Url(self.url.clone())],
            }
        }
    }

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Kind {
        Resumes,
        StartsAgain,
        PromisesNoLength,
    }

    /// Answers one request with at most `cut` bytes; returns the requested start offset.
    fn answer(kind: Kind, listener: &TcpListener, content: &[u8], cut: usize) -> u64 {
        let (mut stream, _) = listener.accept().unwrap();
        let mut from = 0;
        for line in BufReader::new(&stream).lines().map_while(Result::ok) {
            if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
                from = range.trim_end_matches('-').parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        if kind == Kind::StartsAgain {
            from = 0;
        }
        let rest = &content[from..];
        let status = if from == 0 { "200 OK" } else { "206 Partial Content" };
        let length = match kind {
            Kind::PromisesNoLength => String::new(),
            _ => format!("Content-Length: {}\r\n", rest.len()),
        };
        write!(stream, "HTTP/1.1 {status}\r\n{length}Connection: close\r\n\r\n").unwrap();
        stream.write_all(&rest[..rest.len().min(cut)]).unwrap();
        from as u64
    }

    fn sum(content: &[u8]) -> String {
        use sha2::Digest as _;
        hex(&sha2::Sha256::digest(content))
    }

    fn fetch(folder: &Path, source: &Source) -> Result<Obtained> {
        let context = CommandContext::open(false, false, false).unwrap();
        let manifest = Manifest::read(&context.root).unwrap();
        let mut log = StepLog::create(&folder.join("logs"), "fetch", "fetch").unwrap();
        from_mirrors(&context, &manifest, source, folder, http::STALL, &mut log)
    }

    #[test]
    fn a_transfer_that_is_cut_again_and_again_comes_whole() {
        let content: Vec<u8> = (0..200_000_u32).map(|at| (at / 7) as u8).collect();
        let server = Server::start(content.clone(), vec![70_000, 1, 100_000, usize::MAX]);
        let folder = tempfile::tempdir().unwrap();
        let obtained = fetch(folder.path(), &server.source(&sum(&content))).unwrap();
        assert_eq!(fs::read(&obtained.path).unwrap(), content);
        assert_eq!(server.thread.join().unwrap(), [0, 70_000, 70_001, 170_001]);
    }

    #[test]
    fn the_next_mirror_goes_on_where_the_last_one_gave_up() {
        let content = vec![7_u8; 100_000];
        // Interrupted, then not a single byte more: this mirror is given up.
        let first = Server::start(content.clone(), vec![40_000, 0]);
        let second = Server::start(content.clone(), vec![usize::MAX]);
        let mut source = first.source(&sum(&content));
        source.mirrors.push(Mirror::Url(second.url.clone()));
        let folder = tempfile::tempdir().unwrap();
        let obtained = fetch(folder.path(), &source).unwrap();
        assert_eq!((obtained.from, obtained.sha256), (second.url, sum(&content)));
        assert_eq!(second.thread.join().unwrap(), [40_000]);
    }

    #[test]
    fn a_server_that_cannot_resume_is_tried_again_though_it_got_no_further() {
        let content: Vec<u8> = (0..100_000_u32).map(|at| (at / 7) as u8).collect();
        let cuts = vec![50_000, 50_000, usize::MAX];
        let server = Server::of_kind(Kind::StartsAgain, content.clone(), cuts);
        let folder = tempfile::tempdir().unwrap();
        let obtained = fetch(folder.path(), &server.source(&sum(&content))).unwrap();
        assert_eq!(fs::read(&obtained.path).unwrap(), content);
        assert_eq!(server.thread.join().unwrap(), [0, 0, 0]);
    }

    #[test]
    fn a_cut_without_a_promised_length_is_continued() {
        let content: Vec<u8> = (0..100_000_u32).map(|at| (at / 7) as u8).collect();
        let cuts = vec![50_000, usize::MAX];
        let server = Server::of_kind(Kind::PromisesNoLength, content.clone(), cuts);
        let folder = tempfile::tempdir().unwrap();
        let obtained = fetch(folder.path(), &server.source(&sum(&content))).unwrap();
        assert_eq!(fs::read(&obtained.path).unwrap(), content);
        assert_eq!(server.thread.join().unwrap(), [0, 50_000]);
        assert!(!folder.path().join("a.tar.bad").exists());
    }

    #[test]
    fn another_files_beginning_is_thrown_away_and_a_wrong_file_is_an_error() {
        let content = vec![9_u8; 1000];
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.tar.part"), vec![1_u8; 600]).unwrap();
        let server = Server::start(content.clone(), vec![usize::MAX, usize::MAX]);
        fetch(folder.path(), &server.source(&sum(&content))).unwrap();
        assert_eq!(server.thread.join().unwrap(), [600, 0]);

        let other = Server::start(b"other".to_vec(), vec![usize::MAX]);
        let error = fetch(folder.path(), &other.source(&sum(&content))).unwrap_err();
        assert!(error.is::<WrongSum>());
        let text = error.to_string();
        assert!(text.contains(&sum(b"other")) && text.contains(&sum(&content)), "{text}");
        assert_eq!(fs::read(folder.path().join("a.tar.bad")).unwrap(), b"other");
    }
}
