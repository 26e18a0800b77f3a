//! Generates load from many clients, each with its own connection, and collects the results.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Pause of a client after a refusal or a broken connection, unless it honors `Retry-After`.
const PAUSE: Duration = Duration::from_millis(100);

/// How a client reacts to a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// Waits as long as `Retry-After` requests.
    HonorRetryAfter,
    /// Retries after a tenth of a second.
    RetrySoon,
}

/// The results of a load test.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) succeeded: Vec<Duration>,
    pub(crate) refused: Vec<Duration>,
    /// The first refusal, head and body.
    pub(crate) refusal: String,
    /// Everything else: other responses and broken connections.
    pub(crate) errors: Vec<String>,
}

/// Returns the bytes of the `nth` request.
pub(crate) type Requests = Arc<dyn Fn(u64) -> String + Send + Sync>;

impl Load {
    /// Sends requests over `connections` connections for the duration `lasts`. After a successful response, a
    /// client sends the next request immediately; `refused` determines its behavior otherwise. Clients start
    /// one after the other.
    pub(crate) async fn run(
        url: &str,
        connections: u64,
        lasts: Duration,
        requests: &Requests,
        refused: RetryPolicy,
    ) -> Self {
        let address = url.strip_prefix("http://").unwrap().to_owned();
        let load = Arc::new(Mutex::new(Self::default()));
        let started = Instant::now();
        let until = started + lasts;
        let clients = (0..connections).map(|nth| {
            let (address, requests, load) =
                (address.clone(), Arc::clone(requests), Arc::clone(&load));
            let within = Duration::from_secs(1).min(lasts / 4);
            let part = |number: u64| u32::try_from(number).unwrap();
            let begins = within * part(nth) / part(connections);
            tokio::spawn(async move {
                tokio::time::sleep(begins).await;
                send_requests(address, requests, nth, until, refused, load).await;
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        let mut load = Arc::into_inner(load).unwrap().into_inner().unwrap();
        load.seconds = started.elapsed().as_secs_f64();
        load.succeeded.sort_unstable();
        load.refused.sort_unstable();
        load
    }

    /// Combines the results of several load tests.
    pub(crate) fn join(loads: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for load in loads {
            all.seconds += load.seconds;
            all.succeeded.extend(load.succeeded);
            all.refused.extend(load.refused);
            all.errors.extend(load.errors);
            if all.refusal.is_empty() {
                all.refusal = load.refusal;
            }
        }
        all.succeeded.sort_unstable();
        all.refused.sort_unstable();
        all
    }

    /// Successful responses per second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.succeeded.len()).unwrap()) / self.seconds.max(0.001)
    }

    /// The results on one line.
    pub(crate) fn summary(&self) -> String {
        let tail = |times: &[Duration]| {
            format!("{:.1?} / {:.1?}", percentile(times, 50), percentile(times, 99))
        };
        format!(
            "{:.0} per second ({}), {} refused ({})",
            self.rate(),
            tail(&self.succeeded),
            self.refused.len(),
            tail(&self.refused),
        )
    }
}

/// A percentile of sorted durations.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

async fn send_requests(
    address: String,
    requests: Requests,
    client: u64,
    until: Instant,
    refused: RetryPolicy,
    load: Arc<Mutex<Load>>,
) {
    let mut stream = None;
    let mut nth = client * 1_000_000;
    while Instant::now() < until {
        nth += 1;
        let sent_at = Instant::now();
        let response = exchange(&address, &mut stream, &requests(nth)).await;
        let took = sent_at.elapsed();
        let status = response.as_ref().map_or("", |it| it.get(9..12).unwrap_or_default());
        let is_refused = status == "503";
        {
            let mut load = load.lock().unwrap();
            match (&response, status) {
                (Ok(_), "200" | "201") => load.succeeded.push(took),
                (Ok(response), "503") => {
                    if load.refusal.is_empty() {
                        load.refusal.clone_from(response);
                    }
                    load.refused.push(took);
                }
                // A few examples are enough.
                (other, _) if load.errors.len() < 3 => load.errors.push(format!("{other:?}")),
                _ => {}
            }
        }
        if response.is_err() {
            stream = None;
        }
        let pause = match &response {
            Ok(response) if is_refused && refused == RetryPolicy::HonorRetryAfter => {
                retry_after(response)
            }
            Ok(_) if !is_refused => continue,
            _ => PAUSE,
        };
        tokio::time::sleep_until((Instant::now() + pause).min(until).into()).await;
    }
}

/// How long a refusal asks to wait.
fn retry_after(response: &str) -> Duration {
    let seconds = response.lines().find_map(|line| line.strip_prefix("retry-after: "));
    seconds.and_then(|it| it.trim().parse().ok()).map_or(PAUSE, Duration::from_secs)
}

/// Sends a request and reads the complete response.
async fn exchange(
    address: &str,
    connection: &mut Option<TcpStream>,
    request: &str,
) -> std::io::Result<String> {
    let stream = match connection {
        Some(stream) => stream,
        None => connection.insert(TcpStream::connect(address).await?),
    };
    stream.write_all(request.as_bytes()).await?;
    let mut response = Vec::with_capacity(32 * 1024);
    let mut whole = usize::MAX;
    while response.len() < whole {
        if stream.read_buf(&mut response).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if whole == usize::MAX
            && let Some(head) = response.windows(4).position(|it| it == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&response[..head]);
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            whole = head + 4 + length.map_or(0, |it| it.parse().unwrap());
        }
    }
    Ok(String::from_utf8_lossy(&response).into_owned())
}
