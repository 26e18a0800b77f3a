//! Many who ask at once, each over a connection of its own, and how they were answered.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How long whoever was refused waits before asking again: far less than they are told to.
const PAUSE: Duration = Duration::from_millis(100);

/// How a load was answered.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) seconds: f64,
    pub(crate) well: Vec<Duration>,
    pub(crate) refused: Vec<Duration>,
    /// The first refusal, head and body.
    pub(crate) refusal: String,
    /// Anything else: other answers, and connections that broke.
    pub(crate) wrong: Vec<String>,
}

/// What is asked: the `nth` request's bytes.
pub(crate) type Requests = Arc<dyn Fn(u64) -> String + Send + Sync>;

impl Load {
    /// Asks over so many connections for so long. Whoever is answered asks at once again.
    pub(crate) async fn put(
        url: &str,
        connections: u64,
        lasts: Duration,
        requests: &Requests,
    ) -> Self {
        let address = url.strip_prefix("http://").unwrap().to_owned();
        let load = Arc::new(Mutex::new(Self::default()));
        let begun = Instant::now();
        let until = begun + lasts;
        let asking = (0..connections).map(|nth| {
            let (address, requests) = (address.clone(), Arc::clone(requests));
            tokio::spawn(ask(address, requests, nth, until, Arc::clone(&load)))
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

    /// How many were answered well a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.well.len()).unwrap()) / self.seconds.max(0.001)
    }

    /// The figures on a line.
    pub(crate) fn told(&self) -> String {
        let tail = |times: &[Duration]| format!("{:.1?} / {:.1?}", at(times, 50), at(times, 99));
        format!(
            "{:.0} a second ({}), {} refused ({})",
            self.rate(),
            tail(&self.well),
            self.refused.len(),
            tail(&self.refused),
        )
    }
}

/// The percentile of sorted times.
pub(crate) fn at(times: &[Duration], percent: usize) -> Duration {
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

async fn ask(
    address: String,
    requests: Requests,
    client: u64,
    until: Instant,
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
                (other, _) => load.wrong.push(format!("{other:?}")),
            }
        }
        if answer.is_err() {
            stream = None;
        }
        if answer.is_err() || is_refused {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// One request and its whole answer.
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
