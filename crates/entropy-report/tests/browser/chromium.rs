// SPDX-License-Identifier: GPL-2.0-or-later
//! Chromium without a window, spoken to in its protocol for developers over a pair of pipes (`--remote-debugging-pipe`): no
//! port, no race for one, and no driver to keep in step with the browser. Messages are JSON, each ended by a zero byte.

use base64::Engine as _;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use test_support::Found;

/// The longest that an answer may take; far more than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(600);
/// The tallest picture, in CSS pixels: more than this no encoder takes.
const TALLEST: f64 = 12_000.0;
/// Names that it goes by, Debian's first.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// It opens one local file and should leave everything else alone. A container gives it no sandbox.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// What a page is shown on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    /// CSS pixels.
    pub(crate) width: u32,
    /// CSS pixels.
    pub(crate) height: u32,
    /// Whether its owner wants dark pages.
    pub(crate) dark: bool,
    /// Whether it is printed.
    pub(crate) paper: bool,
}

/// The browser as a file.
pub(crate) struct Program(PathBuf);

/// A browser with one empty page; it ends with this.
pub(crate) struct Chromium {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    session: String,
    /// The file that is open.
    file: String,
    /// Messages that are not replies.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Where it is on this machine.
    pub(crate) fn find() -> Found<Program> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        NAMES
            .iter()
            .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
            .find(|program| program.is_file())
            .map(Program)
            .ok_or_else(|| "needs Chromium (apt-get install chromium)".to_owned())
    }

    /// Starts it.
    pub(crate) fn start(Program(program): &Program) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser");
        // The protocol is spoken on descriptors 3 and 4; standard input and output are made these.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("Chromium starts");
        let input = child.stdin.take().expect("its input is a pipe");
        let output = child.stdout.take().expect("its output is a pipe");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { break };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            child,
            input,
            messages,
            last_id: 0,
            session: String::new(),
            file: String::new(),
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.ask("Target.attachToTarget", &target);
        browser.session = session["sessionId"].as_str().expect("a session's name").to_owned();
        for part in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{part}.enable"), &json!({}));
        }
        browser
    }

    /// Opens `file` and waits until it is loaded.
    pub(crate) fn open(&mut self, file: &Path, screen: Screen) {
        let metrics = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.width < 600,
        });
        self.ask("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if screen.dark { "dark" } else { "light" };
        let media = json!({
            "media": if screen.paper { "print" } else { "screen" },
            "features": [{"name": "prefers-color-scheme", "value": scheme}],
        });
        self.ask("Emulation.setEmulatedMedia", &media);
        self.events.clear();
        self.file = format!("file://{}", file.display());
        let loading = self.ask("Page.navigate", &json!({"url": self.file}));
        assert!(loading.get("errorText").is_none(), "opening {}: {loading}", self.file);
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// The value of an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let what = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.ask("Runtime.evaluate", &what);
        assert!(answer.get("exceptionDetails").is_none(), "a check failed to run: {answer}");
        answer["result"]["value"].take()
    }

    /// Errors that the page has reported and resources that it has requested since it was opened.
    pub(crate) fn take_complaints(&mut self) -> Vec<String> {
        let events = std::mem::take(&mut self.events);
        events.iter().filter_map(|event| self.complaint(event)).collect()
    }

    fn complaint(&self, event: &Value) -> Option<String> {
        let parameters = &event["params"];
        let loud = |level: &Value| ["error", "warning"].iter().any(|loud| level == loud);
        match event["method"].as_str()? {
            "Runtime.exceptionThrown" => {
                Some(format!("console: {}", parameters["exceptionDetails"]))
            }
            "Runtime.consoleAPICalled" if loud(&parameters["type"]) => {
                Some(format!("console: {}", parameters["args"]))
            }
            "Log.entryAdded" if loud(&parameters["entry"]["level"]) => {
                Some(format!("console: {}", parameters["entry"]["text"]))
            }
            "Network.requestWillBeSent" => {
                let url = parameters["request"]["url"].as_str()?;
                let own = url == self.file || url.starts_with("data:");
                (!own).then(|| format!("request: {url}"))
            }
            _ => None,
        }
    }

    /// The page as a PNG, from its top.
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let layout = self.ask("Page.getLayoutMetrics", &json!({}));
        let size = &layout["cssContentSize"];
        let height = size["height"].as_f64().unwrap_or(TALLEST).min(TALLEST);
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1});
        let how = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let answer = self.ask("Page.captureScreenshot", &how);
        let text = answer["data"].as_str().expect("a picture");
        base64::engine::general_purpose::STANDARD.decode(text).expect("a picture in base 64")
    }

    /// The page as a PDF, on A4 as its style sheet says.
    pub(crate) fn print(&mut self) -> Vec<u8> {
        let how = json!({"printBackground": true, "preferCSSPageSize": true});
        let answer = self.ask("Page.printToPDF", &how);
        let text = answer["data"].as_str().expect("a document");
        base64::engine::general_purpose::STANDARD.decode(text).expect("a document in base 64")
    }

    /// Gives a command and waits for its answer; events on the way are kept.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap_or_else(|error| panic!("telling {method}: {error}"));
        loop {
            let mut message = self.next();
            if message["id"] == self.last_id {
                assert!(message.get("error").is_none(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn next(&self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("Chromium lives, and answers")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Its own processes end when it does.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
