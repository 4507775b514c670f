// SPDX-License-Identifier: GPL-2.0-or-later
//! Fetching a file over HTTP(S) into `<file>.part`, and going on where an earlier attempt broke.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{HumanBytes, ProgressBar};
use ureq::tls::{RootCerts, TlsConfig};

/// A host that is not there is found out within this time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// A mirror that stalls is given up after this time without an answer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// A source file takes no longer than this on any line that is of use.
const BODY_TIMEOUT: Duration = Duration::from_secs(3600);

/// Appends what is missing of `url` to `part`, or starts again where the server cannot resume.
pub(super) fn download(url: &str, part: &Path, bar: &ProgressBar) -> Result<()> {
    let have_bytes = part.metadata().map_or(0, |data| data.len());
    let mut request = agent().get(url);
    if have_bytes > 0 {
        request = request.header("Range", format!("bytes={have_bytes}-"));
    }
    let response = match request.call() {
        // 416: all of it is here already (or the server's file is shorter, which the SHA-256 will tell).
        Err(ureq::Error::StatusCode(416)) if have_bytes > 0 => return Ok(()),
        answer => answer.with_context(|| format!("fetching {url}"))?,
    };
    let resumed = response.status().as_u16() == 206;
    let mut file =
        if resumed { OpenOptions::new().append(true).open(part) } else { File::create(part) }
            .with_context(|| format!("opening {} to write to it", part.display()))?;
    let mut done_bytes = if resumed { have_bytes } else { 0 };
    let total_bytes = response.body().content_length().map(|rest| done_bytes + rest);
    let label = bar.message();
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        guest_run::interrupt::check()?;
        let read = body
            .read(&mut buffer)
            .with_context(|| format!("reading {url} after {done_bytes} bytes"))?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read])
            .with_context(|| format!("writing {}: is the disk full?", part.display()))?;
        done_bytes += read as u64;
        let of = total_bytes.map_or(String::new(), |total| format!(" of {}", HumanBytes(total)));
        bar.set_message(format!("{label} {}{of}", HumanBytes(done_bytes)));
    }
    bar.set_message(label);
    file.sync_all().with_context(|| format!("writing {} to the disk", part.display()))?;
    match total_bytes {
        Some(total) if total != done_bytes => {
            bail!("{url} ended after {done_bytes} of {total} bytes")
        }
        _ => Ok(()),
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(RESPONSE_TIMEOUT))
        .timeout_recv_body(Some(BODY_TIMEOUT))
        .user_agent(concat!("uchaos-xtask/", env!("CARGO_PKG_VERSION")))
        // The certificates that the machine trusts: a proxy that a site installed works as it does for curl.
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .build()
        .into()
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Serves `answers` to as many connections, and gives back the request heads.
    fn server(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            answers
                .into_iter()
                .map(|answer| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let head = read_head(&stream);
                    stream.write_all(answer.as_bytes()).unwrap();
                    head
                })
                .collect()
        });
        (url, thread)
    }

    fn read_head(stream: &TcpStream) -> String {
        std::io::BufReader::new(stream)
            .lines()
            .map(|line| line.unwrap() + "\n")
            .take_while(|line| line != "\n")
            .collect()
    }

    #[test]
    fn a_broken_transfer_is_resumed_where_it_broke() {
        let (url, thread) = server(vec![
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n01234".to_owned(),
            "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nConnection: close\r\n\r\n56789"
                .to_owned(),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("file.part");
        assert!(download(&url, &part, &ProgressBar::hidden()).is_err());
        assert_eq!(std::fs::read(&part).unwrap(), b"01234");
        download(&url, &part, &ProgressBar::hidden()).unwrap();
        assert_eq!(std::fs::read(&part).unwrap(), b"0123456789");
        let heads = thread.join().unwrap();
        assert!(heads[1].to_lowercase().contains("range: bytes=5-"), "{}", heads[1]);
    }

    #[test]
    fn a_server_that_cannot_resume_begins_anew_and_a_missing_file_is_an_error() {
        let (url, thread) = server(vec![
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nnew".to_owned(),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("file.part");
        std::fs::write(&part, "stale").unwrap();
        download(&url, &part, &ProgressBar::hidden()).unwrap();
        assert_eq!(std::fs::read(&part).unwrap(), b"new");
        let error = format!("{:#}", download(&url, &part, &ProgressBar::hidden()).unwrap_err());
        assert!(error.contains("404"), "{error}");
        thread.join().unwrap();
    }
}
