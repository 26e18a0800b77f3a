//! A small HTTP/1.1 client. It sends one request after the other over one connection.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::process::{Error, Result, fail};

/// How long to wait for a response.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A connection: TCP, or a program that speaks TLS.
pub(crate) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// A client of the service at one address, signed in or not.
pub(crate) struct Client {
    /// The host and port.
    address: String,
    connection: Option<BufReader<Box<dyn Stream>>>,
    /// The session's cookie (`name=value`), or nothing.
    pub(crate) cookie: String,
}

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The values of a header, whose name is in lower case.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |it| it.0 == name).map(|it| it.1.as_str())
    }

    /// The first value of a header, whose name is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is empty.
    pub(crate) fn json(&self) -> Result<Value> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).or_else(|_| fail(format!("not JSON: {}", self.text())))
    }
}

impl Client {
    /// A client of the service at this URL (`http://127.0.0.1:3001`).
    pub(crate) fn new(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap_or(url).to_owned();
        Self { address, connection: None, cookie: String::new() }
    }

    /// A client that uses this connection.
    pub(crate) fn over(stream: Box<dyn Stream>, host: &str) -> Self {
        let connection = Some(BufReader::new(stream));
        Self { address: host.to_owned(), connection, cookie: String::new() }
    }

    /// Creates an account, and signs in to it.
    pub(crate) fn register(url: &str, body: &Value) -> Result<Self> {
        let mut client = Self::new(url);
        let response = client.send("POST", "/api/auth/register", Some(body))?;
        let cookie = response.header("set-cookie").unwrap_or_default();
        cookie.split(';').next().unwrap_or_default().clone_into(&mut client.cookie);
        Ok(client)
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Value> {
        self.send("GET", path, None)?.json()
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.send("POST", path, Some(body))?.json()
    }

    /// Sends JSON, and fails unless the response is a success.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response> {
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let headers = [("Content-Type", "application/json")];
        let response = self.request(method, path, &headers, bytes.as_bytes())?;
        if (200..300).contains(&response.status) {
            return Ok(response);
        }
        let text: String = response.text().chars().take(2000).collect();
        fail(format!("{method} {path} {bytes}: {} {text}", response.status))
    }

    /// Sends a request, whatever its response is.
    pub(crate) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response> {
        let is_reused = self.connection.is_some();
        let sent = self.begin(method, path, headers, body);
        match sent.and_then(|()| self.finish(method)) {
            // The server may have closed a connection that was idle.
            Err(_) if is_reused => {
                self.connection = None;
                self.begin(method, path, headers, body)?;
                self.finish(method)
            }
            done => done,
        }
    }

    /// Sends a request, and does not wait for the response.
    fn begin(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !body.is_empty() || method != "GET" {
            write!(head, "Content-Length: {}\r\n", body.len())?;
        }
        let has_cookie = headers.iter().any(|it| it.0 == "Cookie");
        if !has_cookie && !self.cookie.is_empty() {
            write!(head, "Cookie: {}\r\n", self.cookie)?;
        }
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        head += "\r\n";
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(connect(&self.address)?),
        };
        let connection = self.connection.insert(connection);
        let stream = connection.get_mut();
        stream.write_all(&[head.as_bytes(), body].concat())?;
        Ok(stream.flush()?)
    }

    /// Reads the response to the request that was sent last.
    fn finish(&mut self, method: &str) -> Result<Response> {
        let Some(mut connection) = self.connection.take() else {
            return fail("no request was sent");
        };
        let response = read(&mut connection, method)?;
        let ends = response.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
        if !ends {
            self.connection = Some(connection);
        }
        Ok(response)
    }
}

fn connect(address: &str) -> Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    Ok(Box::new(stream))
}

fn read_line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return fail("the connection was closed");
    }
    Ok(line.trim_end().to_owned())
}

/// Reads a response to a request with this method.
fn read(reader: &mut impl BufRead, method: &str) -> Result<Response> {
    let line = read_line(reader)?;
    let status = line.split(' ').nth(1).and_then(|it| it.parse().ok());
    let status = status.ok_or_else(|| Error::from(format!("not a response: {line}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut response = Response { status, headers, body: Vec::new() };
    let is_chunked = response.header("transfer-encoding").is_some_and(|it| it == "chunked");
    if method == "HEAD" || status == 204 || status == 304 {
        return Ok(response);
    }
    if is_chunked {
        loop {
            let line = read_line(reader)?;
            let size = line.split(';').next().unwrap_or_default();
            let size =
                u64::from_str_radix(size, 16).or_else(|_| fail(format!("not a chunk: {line}")))?;
            reader.by_ref().take(size).read_to_end(&mut response.body)?;
            read_line(reader)?;
            if size == 0 {
                return Ok(response);
            }
        }
    }
    match response.header("content-length").map(str::parse::<u64>) {
        Some(length) => reader.by_ref().take(length?).read_to_end(&mut response.body)?,
        None => reader.read_to_end(&mut response.body)?,
    };
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read_text(text: &str) -> (Response, String) {
        let mut reader = Cursor::new(text.as_bytes().to_vec());
        let response = read(&mut reader, "GET").unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        (response, rest)
    }

    #[test]
    fn a_body_ends_after_its_length_or_its_last_chunk() {
        let (response, rest) =
            read_text("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nA: b\r\n\r\n{}next");
        assert_eq!((response.status, response.text().as_str(), rest.as_str()), (201, "{}", "next"));
        assert_eq!(response.header("a"), Some("b"));
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nnext";
        let (response, rest) = read_text(chunked);
        assert_eq!((response.text().as_str(), rest.as_str()), ("abc0123456789", "next"));
    }

    #[test]
    fn a_closed_connection_is_an_error() {
        assert!(read(&mut Cursor::new(Vec::new()), "GET").is_err());
    }
}
