//! Refusals of requests whose bodies were not read, with many concurrent clients: each gets a response, and
//! no connection breaks while the client is sending.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::TestEnv;

on_every_engine!(no_connection_breaks_while_a_refused_body_is_sent);

const CLIENTS: usize = 300;
const REQUESTS: usize = 8;

/// Requests, and the expected statuses.
const CASES: [(&str, &str, u16); 5] = [
    ("POST /api/vehicles", "content-type: application/json\r\n", 401),
    ("POST /api/nothing", "content-type: application/json\r\n", 404),
    ("DELETE /api/vehicles", "content-type: application/json\r\n", 405),
    ("POST /api/auth/login", "content-type: text/plain\r\n", 415),
    ("POST /api/auth/logout", "sec-fetch-site: cross-site\r\n", 403),
];

pub(crate) async fn no_connection_breaks_while_a_refused_body_is_sent(env: TestEnv) {
    let env = env
        .with("MVP__SERVER__CONCURRENCY", "4")
        .with("MVP__SERVER__QUEUE", "4")
        .with("MVP__SERVER__REQUESTS_PER_MINUTE", "0")
        .with("MVP__SERVER__ANONYMOUS_REQUESTS_PER_MINUTE", "0");
    let service = env.serve();
    let address = service.url.strip_prefix("http://").unwrap().to_owned();
    let seen = Arc::new(Mutex::new(BTreeMap::<String, usize>::new()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|nth| {
            let (address, seen) = (address.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let mut connection = None;
                for request in 0..REQUESTS {
                    let case = CASES[(nth + request) % CASES.len()];
                    // Mostly as long as a fill-up, sometimes much longer.
                    let bytes = if (nth + request) % 40 == 0 { 500_000 } else { 400 + nth * 20 };
                    let output = match exchange(&address, &mut connection, case, bytes).await {
                        Ok(status) if status == case.2 => "as expected".to_owned(),
                        Ok(503) => "overloaded".to_owned(),
                        Ok(status) => format!("{status} instead of {}", case.2),
                        Err(error) => {
                            connection = None;
                            format!("broken: {error}")
                        }
                    };
                    *seen.lock().unwrap().entry(output).or_default() += 1;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let seen = seen.lock().unwrap().clone();
    println!("{seen:?}");
    let count = |what: &str| seen.get(what).copied().unwrap_or_default();
    assert_eq!(count("as expected") + count("overloaded"), CLIENTS * REQUESTS, "{seen:?}");
    assert!(count("as expected") > 0, "{seen:?}");
}

/// Sends a request, with a delay between head and body. Returns the status, and the connection if it stays
/// open.
async fn exchange(
    address: &str,
    connection: &mut Option<TcpStream>,
    (request, headers, _): (&str, &str, u16),
    bytes: usize,
) -> io::Result<u16> {
    let mut stream = match connection.take() {
        Some(stream) => stream,
        None => TcpStream::connect(address).await?,
    };
    stream.set_nodelay(true)?;
    let head = format!(
        "{request} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    tokio::time::sleep(Duration::from_millis(3)).await;
    stream.write_all(&vec![b'x'; bytes]).await?;
    let mut response = Vec::new();
    let end = loop {
        if let Some(end) = response.windows(4).position(|it| it == b"\r\n\r\n") {
            break end + 4;
        }
        read(&mut stream, &mut response).await?;
    };
    let head = String::from_utf8_lossy(&response[..end]).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let whole = end + length.map_or(0, |it| it.parse().unwrap());
    while response.len() < whole {
        read(&mut stream, &mut response).await?;
    }
    if !head.contains("connection: close") {
        *connection = Some(stream);
    }
    Ok(head[9..12].parse().unwrap())
}

async fn read(stream: &mut TcpStream, response: &mut Vec<u8>) -> io::Result<()> {
    if stream.read_buf(response).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
