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
pub(crate) enum Refused {
    /// Waits as long as `Retry-After` requests.
    HeedsIt,
    /// Retries after a tenth of a second.
    DoesNot,
}

/// The results of a load test.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) well: Vec<Duration>,
    pub(crate) refused: Vec<Duration>,
    /// The first refusal, head and body.
    pub(crate) refusal: String,
    /// Everything else: other responses and broken connections.
    pub(crate) wrong: Vec<String>,
}

/// Returns the bytes of the `nth` request.
pub(crate) type Requests = Arc<dyn Fn(u64) -> String + Send + Sync>;

impl Load {
    /// Sends requests over `connections` connections for the duration `lasts`. After a successful response, a
    /// client sends
    /// the next request immediately; `refused` determines its behavior otherwise. Clients start one after the
    /// other.
    pub(crate) async fn run(
        url: &str,
        connections: u64,
        lasts: Duration,
        requests: &Requests,
        refused: Refused,
    ) -> Self {
        let address = url.strip_prefix("http://").unwrap().to_owned();
        let load = Arc::new(Mutex::new(Self::default()));
        let begun = Instant::now();
        let until = begun + lasts;
        let asking = (0..connections).map(|nth| {
            let (address, requests, load) =
                (address.clone(), Arc::clone(requests), Arc::clone(&load));
            let within = Duration::from_secs(1).min(lasts / 4);
            let part = |number: u64| u32::try_from(number).unwrap();
            let begins = within * part(nth) / part(connections);
            tokio::spawn(async move {
                tokio::time::sleep(begins).await;
                ask(address, requests, nth, until, refused, load).await;
            })
        });
        for asked in asking.collect::<Vec<_>>() {
            asked.await.unwrap();
        }
        let mut load = Arc::into_inner(load).unwrap().into_inner().unwrap();
        load.seconds = begun.elapsed().as_secs_f64();
        load.well.sort_unstable();
        load.refused.sort_unstable();
        load
    }

    /// Combines the results of several load tests.
    pub(crate) fn join(loads: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for load in loads {
            all.seconds += load.seconds;
            all.well.extend(load.well);
            all.refused.extend(load.refused);
            all.wrong.extend(load.wrong);
            if all.refusal.is_empty() {
                all.refusal = load.refusal;
            }
        }
        all.well.sort_unstable();
        all.refused.sort_unstable();
        all
    }

    /// Successful responses per second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.well.len()).unwrap()) / self.seconds.max(0.001)
    }

    /// The results on one line.
    pub(crate) fn told(&self) -> String {
        let tail = |times: &[Duration]| format!("{:.1?} / {:.1?}", at(times, 50), at(times, 99));
        format!(
            "{:.0} per second ({}), {} refused ({})",
            self.rate(),
            tail(&self.well),
            self.refused.len(),
            tail(&self.refused),
        )
    }
}

/// A percentile of sorted durations.
pub(crate) fn at(times: &[Duration], percent: usize) -> Duration {
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

async fn ask(
    address: String,
    requests: Requests,
    client: u64,
    until: Instant,
    refused: Refused,
    load: Arc<Mutex<Load>>,
) {
    let mut stream = None;
    let mut nth = client * 1_000_000;
    while Instant::now() < until {
        nth += 1;
        let asked = Instant::now();
        let answer = exchange(&address, &mut stream, &requests(nth)).await;
        let took = asked.elapsed();
        let status = answer.as_ref().map_or("", |it| it.get(9..12).unwrap_or_default());
        let is_refused = status == "503";
        {
            let mut load = load.lock().unwrap();
            match (&answer, status) {
                (Ok(_), "200" | "201") => load.well.push(took),
                (Ok(answer), "503") => {
                    if load.refusal.is_empty() {
                        load.refusal.clone_from(answer);
                    }
                    load.refused.push(took);
                }
                // A few examples are enough.
                (other, _) if load.wrong.len() < 3 => load.wrong.push(format!("{other:?}")),
                _ => {}
            }
        }
        if answer.is_err() {
            stream = None;
        }
        let pause = match &answer {
            Ok(answer) if is_refused && refused == Refused::HeedsIt => retry_after(answer),
            Ok(_) if !is_refused => continue,
            _ => PAUSE,
        };
        tokio::time::sleep_until((Instant::now() + pause).min(until).into()).await;
    }
}

/// How long a refusal asks to wait.
fn retry_after(answer: &str) -> Duration {
    let seconds = answer.lines().find_map(|line| line.strip_prefix("retry-after: "));
    seconds.and_then(|it| it.trim().parse().ok()).map_or(PAUSE, Duration::from_secs)
}

/// Sends a request and reads the complete response.
async fn exchange(
    address: &str,
    kept: &mut Option<TcpStream>,
    request: &str,
) -> std::io::Result<String> {
    let stream = match kept {
        Some(stream) => stream,
        None => kept.insert(TcpStream::connect(address).await?),
    };
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(32 * 1024);
    let mut whole = usize::MAX;
    while answer.len() < whole {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if whole == usize::MAX
            && let Some(head) = answer.windows(4).position(|it| it == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&answer[..head]);
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            whole = head + 4 + length.map_or(0, |it| it.parse().unwrap());
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
