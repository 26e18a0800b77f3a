//! TLS connections, made by OpenSSL.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use super::{CLIENT, HOST};
use crate::process::{Process, Result, capture, command, fail};

/// How long to wait for a response.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection to the site from the client's address.
pub(super) struct Tls {
    /// Ends with the connection.
    _process: Process,
    stdin: ChildStdin,
    received: Receiver<Vec<u8>>,
    unread: Vec<u8>,
}

fn s_client(port: u16, certificate: &Path) -> Command {
    let mut openssl = command("openssl");
    openssl.args(["s_client", "-connect", &format!("127.0.0.1:{port}")]);
    openssl.args(["-bind", &format!("{CLIENT}:0"), "-servername", HOST]);
    openssl.args(["-verify_return_error", "-verify_hostname", HOST, "-CAfile"]).arg(certificate);
    openssl
}

/// What OpenSSL prints when it connects with this version (`-tls1_2`), and whether it succeeds.
pub(super) fn handshake(port: u16, certificate: &Path, version: &str) -> Result<(bool, String)> {
    let mut openssl = s_client(port, certificate);
    // OpenSSL itself refuses TLS 1.1 above security level 0.
    openssl.args([version, "-cipher", "DEFAULT@SECLEVEL=0"]);
    let done = capture(&mut openssl, &[])?;
    let printed = String::from_utf8_lossy(&done.stdout).into_owned() + &done.stderr;
    Ok((done.status.success(), printed))
}

impl Tls {
    pub(super) fn connect(port: u16, certificate: &Path) -> Result<Self> {
        let mut openssl = s_client(port, certificate);
        openssl.arg("-quiet").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process::spawn(&mut openssl)?;
        let child = process.child();
        let (Some(stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return fail("openssl has no pipes");
        };
        let (sender, received) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 16384];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { _process: process, stdin, received, unread: Vec::new() })
    }

    /// Whether nothing is received within this time.
    pub(super) fn is_silent_for(&mut self, time: Duration) -> bool {
        matches!(self.received.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.unread.is_empty() {
            match self.received.recv_timeout(TIMEOUT) {
                Ok(bytes) => self.unread = bytes,
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        let count = buffer.len().min(self.unread.len());
        buffer[..count].copy_from_slice(&self.unread[..count]);
        self.unread.drain(..count);
        Ok(count)
    }
}

impl Write for Tls {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdin.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdin.flush()
    }
}
