// SPDX-License-Identifier: GPL-2.0-or-later
//! Fetches a file over HTTP(S) into `<file>.part`, and resumes where an earlier attempt broke.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use guest_run::interrupt;
use indicatif::{HumanBytes, ProgressBar};
use ureq::tls::{RootCerts, TlsConfig};

/// Time limit for connecting to a host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// A mirror that does not answer is given up after this time.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);
/// A transfer without a byte for this long has stalled.
pub(super) const STALL: Duration = Duration::from_secs(30);
/// A source file takes less than this on any usable connection.
const BODY_TIMEOUT: Duration = Duration::from_secs(3600);

/// A transfer that started but broke: worth another attempt from there.
#[derive(Debug, thiserror::Error)]
#[error("{url} {how} after {done_bytes} bytes")]
pub(super) struct Broken {
    url: String,
    how: String,
    done_bytes: u64,
    /// Whether bytes stopped coming on an open connection: another attempt would wait as long.
    pub(super) stalled: bool,
}

/// The end of a transfer that the server did not break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With as many bytes as the server announced.
    Whole,
    /// At the end of the connection. The server announced no length, so the file may be incomplete.
    Somewhere,
}

/// An event from the thread that waits for the server.
enum Event {
    Head {
        resumed: bool,
        rest_bytes: Option<u64>,
    },
    /// The file is already complete.
    Complete,
    Bytes(Vec<u8>),
    End,
    Refused(anyhow::Error),
    Broke(std::io::Error),
    Interrupted,
}

/// Appends the missing bytes of `url` to `part`, or starts again if the server cannot resume. No wait is longer than
/// `stall`, and an interrupt ends each at once.
pub(super) fn download(
    url: &str,
    part: &Path,
    stall: Duration,
    bar: &ProgressBar,
) -> Result<Ended> {
    let have_bytes = part.metadata().map_or(0, |data| data.len());
    let (sender, events) = sync_channel(4);
    let wake = sender.clone();
    let _subscription = interrupt::subscribe(move || {
        // If the channel is full, the next event is already waiting, and `check` runs before each.
        let _ = wake.try_send(Event::Interrupted);
    });
    let asked = url.to_owned();
    // A read of a socket cannot be cancelled from outside: the thread ends by itself, at the latest with the
    // connection, and its remaining data is dropped.
    thread::Builder::new()
        .name("download".to_owned())
        .spawn(move || fetch(&asked, have_bytes, &sender))
        .context("starting a thread for the transfer")?;
    let label = bar.message();
    let ended = receive(url, part, have_bytes, stall, &events, bar);
    bar.set_message(label);
    ended
}

/// Fetches from `have_bytes` on, and sends the data until the receiver is gone.
fn fetch(url: &str, have_bytes: u64, events: &SyncSender<Event>) {
    // The receiver may be gone; ignore the send error.
    let send = |event| events.send(event).is_ok();
    let mut request = agent().get(url);
    if have_bytes > 0 {
        request = request.header("Range", format!("bytes={have_bytes}-"));
    }
    let response = match request.call() {
        // 416: the file is already complete (or the server's file is shorter, which the SHA-256 will show).
        Err(ureq::Error::StatusCode(416)) if have_bytes > 0 => {
            send(Event::Complete);
            return;
        }
        Err(error) => {
            send(Event::Refused(error.into()));
            return;
        }
        Ok(response) => response,
    };
    let resumed = response.status().as_u16() == 206;
    let rest_bytes = response.body().content_length();
    if !send(Event::Head { resumed, rest_bytes }) {
        return;
    }
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let event = match body.read(&mut buffer) {
            Ok(0) => Event::End,
            Ok(read) => Event::Bytes(buffer[..read].to_vec()),
            Err(error) => Event::Broke(error),
        };
        let last = !matches!(event, Event::Bytes(_));
        if !send(event) || last {
            return;
        }
    }
}

/// Writes the received data to `part`.
fn receive(
    url: &str,
    part: &Path,
    have_bytes: u64,
    stall: Duration,
    events: &Receiver<Event>,
    bar: &ProgressBar,
) -> Result<Ended> {
    let label = bar.message();
    let head_timeout = CONNECT_TIMEOUT + RESPONSE_TIMEOUT + stall;
    let next = |timeout| {
        let event = events.recv_timeout(timeout);
        interrupt::check().map(|()| event)
    };
    let broken =
        |how: String, done_bytes, stalled| Broken { url: url.to_owned(), how, done_bytes, stalled };
    let (resumed, rest_bytes) = match next(head_timeout)? {
        Ok(Event::Head { resumed, rest_bytes }) => (resumed, rest_bytes),
        Ok(Event::Complete) => return Ok(Ended::Whole),
        Ok(Event::Refused(error)) => return Err(error).with_context(|| format!("fetching {url}")),
        _ => return Err(broken("did not answer".to_owned(), 0, true).into()),
    };
    let mut file =
        if resumed { OpenOptions::new().append(true).open(part) } else { File::create(part) }
            .with_context(|| format!("opening {} to write to it", part.display()))?;
    let mut done_bytes = if resumed { have_bytes } else { 0 };
    let total_bytes = rest_bytes.map(|rest| done_bytes + rest);
    let of = total_bytes.map_or(String::new(), |total| format!(" of {}", HumanBytes(total)));
    let outcome = loop {
        match next(stall)? {
            Ok(Event::Bytes(bytes)) => {
                file.write_all(&bytes)
                    .with_context(|| format!("writing {}: is the disk full?", part.display()))?;
                done_bytes += bytes.len() as u64;
                bar.set_message(format!("{label} {}{of}", HumanBytes(done_bytes)));
            }
            Ok(Event::End) => break Ok(()),
            Ok(Event::Broke(error)) => break Err((format!("broke ({error})"), false)),
            Err(RecvTimeoutError::Timeout) => {
                break Err((format!("sent nothing for {stall:?}"), true));
            }
            Ok(_) | Err(RecvTimeoutError::Disconnected) => {
                break Err(("was given up".to_owned(), false));
            }
        }
    };
    file.sync_all().with_context(|| format!("writing {} to the disk", part.display()))?;
    match (outcome, total_bytes) {
        (Err((how, stalled)), _) => Err(broken(how, done_bytes, stalled).into()),
        (Ok(()), Some(total)) if total != done_bytes => {
            Err(broken(format!("ended before its {total} bytes"), done_bytes, false).into())
        }
        (Ok(()), Some(_)) => Ok(Ended::Whole),
        (Ok(()), None) => Ok(Ended::Somewhere),
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
    fn server(answers: Vec<String>) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let thread = thread::spawn(move || {
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
        assert!(download(&url, &part, STALL, &ProgressBar::hidden()).is_err());
        assert_eq!(std::fs::read(&part).unwrap(), b"01234");
        download(&url, &part, STALL, &ProgressBar::hidden()).unwrap();
        assert_eq!(std::fs::read(&part).unwrap(), b"0123456789");
        let heads = thread.join().unwrap();
        assert!(heads[1].to_lowercase().contains("range: bytes=5-"), "{}", heads[1]);
    }

    #[test]
    fn a_server_that_cannot_resume_starts_again_and_a_missing_file_is_an_error() {
        let (url, thread) = server(vec![
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nnew".to_owned(),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("file.part");
        std::fs::write(&part, "stale").unwrap();
        download(&url, &part, STALL, &ProgressBar::hidden()).unwrap();
        assert_eq!(std::fs::read(&part).unwrap(), b"new");
        let error =
            format!("{:#}", download(&url, &part, STALL, &ProgressBar::hidden()).unwrap_err());
        assert!(error.contains("404"), "{error}");
        thread.join().unwrap();
    }

    #[test]
    fn a_transfer_that_stalls_is_broken_while_the_connection_stays() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let (gone, wait) = std::sync::mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            read_head(&stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234").unwrap();
            // The connection stays open until the client has given up.
            wait.recv().unwrap_err();
        });
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("file.part");
        let stall = Duration::from_millis(200);
        let error = download(&url, &part, stall, &ProgressBar::hidden()).unwrap_err();
        assert!(error.downcast_ref::<Broken>().is_some_and(|broken| broken.stalled), "{error:#}");
        assert!(error.to_string().contains("sent nothing for 200ms after 5 bytes"), "{error:#}");
        drop(gone);
        thread.join().unwrap();
    }

    #[test]
    fn an_end_without_a_promised_length_is_not_taken_for_whole() {
        let (url, thread) =
            server(vec!["HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n012".to_owned()]);
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("file.part");
        let ended = download(&url, &part, STALL, &ProgressBar::hidden()).unwrap();
        assert_eq!(ended, Ended::Somewhere);
        thread.join().unwrap();
    }
}
