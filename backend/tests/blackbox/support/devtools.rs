//! Calls Chromium with its DevTools protocol, through a pair of pipes.

use std::{
    collections::HashSet,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use test_servers::find_program;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running Chromium with one page. It ends when dropped.
pub(super) struct DevTools {
    process: Child,
    requests: ChildStdin,
    messages: BufReader<ChildStdout>,
    last_id: u64,
    /// The session with the page, once there is one.
    session: Option<String>,
    page: String,
    /// The documents that have been loaded completely.
    loaded: HashSet<String>,
    log: PathBuf,
}

impl DevTools {
    /// Starts Chromium with its profile in `folder`.
    pub(super) async fn start(folder: &Path) -> Self {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let program = names.into_iter().find_map(find_program).expect("Chromium is not installed");
        let log = folder.join("chromium.log");
        // Chromium reads requests from file descriptor 3 and writes messages to 4.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >&2"#, "sh"]).arg(program);
        command.args([
            "--remote-debugging-pipe",
            "--headless=new",
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--disable-breakpad",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-dev-shm-usage",
            "--disable-extensions",
            "--disable-gpu",
            "--disable-quic",
            "--disable-renderer-backgrounding",
            "--disable-sync",
            "--hide-scrollbars",
            "--lang=en_US",
            "--mute-audio",
            "--no-default-browser-check",
            "--no-first-run",
            "--password-store=basic",
        ]);
        command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut process = command.kill_on_drop(true).spawn().unwrap();
        let requests = process.stdin.take().unwrap();
        let messages = BufReader::new(process.stdout.take().unwrap());
        let (session, page) = (None, String::new());
        let loaded = HashSet::new();
        let mut it = Self { process, requests, messages, last_id: 0, session, page, loaded, log };
        let page = it.call("Target.createTarget", json!({ "url": "about:blank" })).await.unwrap();
        it.page = page["targetId"].as_str().unwrap().to_owned();
        let attach = json!({ "targetId": it.page, "flatten": true });
        let session = it.call("Target.attachToTarget", attach).await.unwrap();
        it.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        it.call("Page.enable", json!({})).await.unwrap();
        it.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await.unwrap();
        it
    }

    /// Calls a method of the protocol, and returns its result or its error.
    pub(super) async fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.last_id += 1;
        let id = self.last_id;
        let mut request = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        if let Err(error) = self.requests.write_all(&bytes).await {
            self.fail(&format!("can't be called: {error}"));
        }
        loop {
            let message = self.next_message(method).await;
            if message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// Opens a URL, and waits until it is loaded completely.
    pub(super) async fn navigate(&mut self, url: &str) {
        let result = self.call("Page.navigate", json!({ "url": url })).await.unwrap();
        assert!(result.get("errorText").is_none(), "{url}: {result}");
        // None if only the fragment is another.
        if let Some(document) = result["loaderId"].as_str() {
            while !self.loaded.contains(document) {
                self.next_message(url).await;
            }
        }
    }

    /// The page's URL.
    pub(super) async fn url(&mut self) -> String {
        let params = json!({ "targetId": self.page });
        let result = self.call("Target.getTargetInfo", params).await.unwrap();
        result["targetInfo"]["url"].as_str().unwrap().to_owned()
    }

    /// Waits until Chromium has ended.
    pub(super) async fn close(mut self) {
        self.call("Browser.close", json!({})).await.unwrap();
        let ended = tokio::time::timeout(TIMEOUT, self.process.wait());
        ended.await.expect("Chromium does not end").unwrap();
    }

    /// Kills Chromium, and waits until it has ended.
    pub(super) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Reads the next message: the response to a call, or an event.
    async fn next_message(&mut self, what: &str) -> Value {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(TIMEOUT, self.messages.read_until(0, &mut bytes));
        match read.await {
            Ok(Ok(_)) if bytes.pop() == Some(0) => {}
            Ok(_) => self.fail("has ended"),
            Err(_) => self.fail(&format!("does not respond to {what}")),
        }
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        if message["method"] == "Page.lifecycleEvent" && message["params"]["name"] == "load" {
            self.loaded.insert(message["params"]["loaderId"].as_str().unwrap().to_owned());
        }
        message
    }

    fn fail(&self, what: &str) -> ! {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        panic!("Chromium {what}; its log:\n{log}");
    }
}
