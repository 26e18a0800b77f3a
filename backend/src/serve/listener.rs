//! What the service listens on: an address, a Unix socket, or a socket that systemd has opened.

use std::{
    fs::Permissions,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::UnixStream as BlockingStream,
    },
    path::{Path, PathBuf},
};

use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use super::connections::Ends;
use crate::core::{config::Server, files};

/// How many connections may lie in wait to be taken; the kernel may bound them more.
const BACKLOG: u32 = 4096;
/// What connections over a Unix socket count as: a client on this machine.
const LOCAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Its user and group may connect, such as a proxy whose user is in the group.
const MODE: u32 = 0o660;

/// What the service listens on.
#[derive(Debug)]
pub(super) enum Listener {
    /// An address.
    Tcp(TcpListener),
    /// A Unix socket, and its file where that was created here.
    Unix { listener: UnixListener, _file: Option<SocketFile> },
}

/// A socket that was created here, which is removed when the service ends.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Its device and inode, by which another file at the same path is told apart.
    id: Option<(u64, u64)>,
}

impl SocketFile {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), id: Self::id_of(path) }
    }

    fn id_of(path: &Path) -> Option<(u64, u64)> {
        path.symlink_metadata().ok().map(|it| (it.dev(), it.ino()))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.id.is_some() && Self::id_of(&self.path) == self.id {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Why there is nothing to listen on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Address(SocketAddr, io::Error),
    /// The Unix socket cannot be listened on.
    #[error("cannot listen on {}", files::describe(.0, .1))]
    Socket(PathBuf, io::Error),
    /// systemd has opened something else than one socket.
    #[error("systemd passed {0}: MotoVaultPro takes exactly one stream socket (ListenStream=)")]
    Passed(String),
}

impl Listener {
    /// What systemd passed (`LISTEN_FDS`), else the socket or the address of the settings.
    pub(super) fn open(server: &Server) -> Result<Self, ListenError> {
        if let Some(passed) = passed()? {
            return Ok(passed);
        }
        match &server.socket {
            Some(path) => at_path(path).map_err(|error| ListenError::Socket(path.clone(), error)),
            None => at_address(server.address)
                .map(Self::Tcp)
                .map_err(|error| ListenError::Address(server.address, error)),
        }
    }

    /// The address that it listens on; none for a Unix socket.
    pub(super) fn address(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Some),
            Self::Unix { .. } => Ok(None),
        }
    }

    /// The path of the Unix socket; none for an address.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix { listener, .. } => {
                listener.local_addr().ok().and_then(|it| it.as_pathname().map(Path::to_owned))
            }
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<(Either<TcpStream, UnixStream>, Ends)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // An answer goes out when it is written, not when the last has been taken.
                let _ = stream.set_nodelay(true);
                let service = stream.local_addr().ok().map(|it| it.ip());
                Ok((Either::Left(stream), Ends { peer, service }))
            }
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                let ends = Ends { peer: LOCAL, service: Some(LOCAL.ip()) };
                Ok((Either::Right(stream), ends))
            }
        }
    }
}

/// Listens on `address`.
pub(super) fn at_address(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // The port of a service that has just ended is free at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Listens on a Unix socket. One that a process left behind when it was killed is replaced; one that a
/// process listens on, and any other file, is not.
fn at_path(path: &Path) -> io::Result<Listener> {
    match path.symlink_metadata() {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "a file that is not a socket"));
        }
        Ok(_) => match BlockingStream::connect(path) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path)?;
            }
            _ => return Err(ErrorKind::AddrInUse.into()),
        },
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(MODE))?;
    Ok(Listener::Unix { listener, _file: Some(SocketFile::new(path)) })
}

/// The socket that systemd opened for this process, if it opened one.
fn passed() -> Result<Option<Listener>, ListenError> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => return Ok(None),
        1 => {}
        more => return Err(ListenError::Passed(format!("{more} sockets"))),
    }
    let unusable = |error: io::Error| ListenError::Passed(error.to_string());
    if let Ok(Some(listener)) = passed.take_tcp_listener(0) {
        listener.set_nonblocking(true).map_err(unusable)?;
        return TcpListener::from_std(listener).map(|it| Some(Listener::Tcp(it))).map_err(unusable);
    }
    match passed.take_unix_listener(0) {
        Ok(Some(listener)) => {
            listener.set_nonblocking(true).map_err(unusable)?;
            let listener = UnixListener::from_std(listener).map_err(unusable)?;
            // The socket's file is systemd's.
            Ok(Some(Listener::Unix { listener, _file: None }))
        }
        Ok(None) => Ok(None),
        Err(error) => Err(unusable(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::{Listener, at_path};

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let left = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let refused = at_path(&path).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::AddrInUse);
        drop(left);
        let listener = at_path(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o660);
        assert_eq!((listener.path(), listener.address().unwrap()), (Some(path.clone()), None));
        drop(listener);
        assert!(!path.exists(), "it is removed at the end");

        let listener = at_path(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "another's").unwrap();
        drop(listener);
        assert!(path.exists(), "another file at the same path is not removed");
    }

    #[tokio::test]
    async fn neither_a_file_nor_a_link_is_replaced_by_a_socket() {
        let place = tempfile::tempdir().unwrap();
        let (file, link) = (place.path().join("file"), place.path().join("link"));
        std::fs::write(&file, "data").unwrap();
        symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert!(at_path(path).is_err());
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "data");
        assert!(link.is_symlink());
    }

    #[tokio::test]
    async fn a_connection_over_a_socket_counts_as_one_from_this_machine() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let listener: Listener = at_path(&path).unwrap();
        let _client = tokio::net::UnixStream::connect(&path).await.unwrap();
        let (_, ends) = listener.accept().await.unwrap();
        assert!(ends.peer.ip().is_loopback() && ends.service.unwrap().is_loopback());
    }
}
