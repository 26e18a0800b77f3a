//! Listens on a TCP address, a Unix socket, or a socket passed by systemd.

use std::{
    fs::Permissions,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use super::connections::Endpoints;
use crate::core::{config::Server, files};

/// Maximum number of connections waiting to be accepted; the kernel may allow fewer.
const BACKLOG: u32 = 4096;
/// The peer address used for connections over a Unix socket: a client on this machine.
const LOCAL_PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Mode of the Unix socket: its user and group may connect, so a proxy's user can be added to the group.
const SOCKET_MODE: u32 = 0o660;

/// A listening socket.
#[derive(Debug)]
pub(super) enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket, and its file if this process created it.
    Unix { listener: UnixListener, _file: Option<SocketFile> },
}

/// The file of a Unix socket that this process created. It is removed when the service ends.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode, which distinguish it from another file at the same path.
    id: Option<(u64, u64)>,
}

impl SocketFile {
    fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), id: Self::file_id(path) }
    }

    fn file_id(path: &Path) -> Option<(u64, u64)> {
        path.symlink_metadata().ok().map(|it| (it.dev(), it.ino()))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.id.is_some() && Self::file_id(&self.path) == self.id {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// An error from opening the listener.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be bound.
    #[error("cannot listen on {0}: {1}")]
    Address(SocketAddr, io::Error),
    /// The Unix socket cannot be bound.
    #[error("cannot listen on {}", files::describe(.0, .1))]
    Socket(PathBuf, io::Error),
    /// systemd did not pass exactly one usable socket.
    #[error("systemd passed {0}: MotoVaultPro needs exactly one stream socket (ListenStream=)")]
    Passed(String),
}

impl Listener {
    /// Uses the socket passed by systemd (`LISTEN_FDS`), or else the socket or address in the settings.
    pub(super) async fn open(server: &Server) -> Result<Self, ListenError> {
        if let Some(passed) = from_systemd()? {
            return Ok(passed);
        }
        match &server.socket {
            Some(path) => {
                let bound = bind_unix(path).await;
                bound.map_err(|error| ListenError::Socket(path.clone(), error))
            }
            None => bind_tcp(server.address)
                .map(Self::Tcp)
                .map_err(|error| ListenError::Address(server.address, error)),
        }
    }

    /// The address it listens on; `None` for a Unix socket.
    pub(super) fn address(&self) -> io::Result<Option<SocketAddr>> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Some),
            Self::Unix { .. } => Ok(None),
        }
    }

    /// The path of the Unix socket; `None` for a TCP address.
    pub(super) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix { listener, .. } => {
                listener.local_addr().ok().and_then(|it| it.as_pathname().map(Path::to_owned))
            }
        }
    }

    /// Accepts the next connection.
    pub(super) async fn accept(&self) -> io::Result<(Either<TcpStream, UnixStream>, Endpoints)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Send responses immediately instead of waiting for acknowledgments (Nagle's algorithm).
                let _ = stream.set_nodelay(true);
                let local = stream.local_addr().ok().map(|it| it.ip());
                Ok((Either::Left(stream), Endpoints { peer, local }))
            }
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                let endpoints = Endpoints { peer: LOCAL_PEER, local: Some(LOCAL_PEER.ip()) };
                Ok((Either::Right(stream), endpoints))
            }
        }
    }
}

/// Listens on `address`.
pub(super) fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Allow binding the port of a service that has just stopped.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Listens on a Unix socket. Replaces the stale socket of a killed process, but neither a socket in use nor
/// any other file.
async fn bind_unix(path: &Path) -> io::Result<Listener> {
    match path.symlink_metadata() {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "a file that is not a socket"));
        }
        // A blocking connect would wait for as long as the socket's owner does not accept connections.
        Ok(_) => match UnixStream::connect(path).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path)?;
            }
            _ => return Err(ErrorKind::AddrInUse.into()),
        },
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
    Ok(Listener::Unix { listener, _file: Some(SocketFile::new(path)) })
}

/// The socket that systemd passed to this process, if any.
fn from_systemd() -> Result<Option<Listener>, ListenError> {
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
            // The socket's file belongs to systemd.
            Ok(Some(Listener::Unix { listener, _file: None }))
        }
        Ok(None) => Ok(None),
        Err(error) => Err(unusable(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::fs::{MetadataExt as _, symlink},
        time::Duration,
    };

    use super::{Listener, bind_unix};

    #[tokio::test]
    async fn a_stale_socket_is_replaced_but_one_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let active = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let refused = bind_unix(&path).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::AddrInUse);
        drop(active);
        let listener = bind_unix(&path).await.unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o660);
        assert_eq!((listener.path(), listener.address().unwrap()), (Some(path.clone()), None));
        drop(listener);
        assert!(!path.exists(), "the socket file was not removed");

        let listener = bind_unix(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "another's").unwrap();
        drop(listener);
        assert!(path.exists(), "a different file at the same path was removed");
    }

    #[tokio::test]
    async fn a_socket_whose_owner_accepts_no_connections_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _owner = std::os::unix::net::UnixListener::bind(&path).unwrap();
        // Fills the queue of connections that wait to be accepted.
        let mut waiting = Vec::new();
        while let Ok(client) = tokio::net::UnixStream::connect(&path).await {
            waiting.push(client);
        }
        let bound = tokio::time::timeout(Duration::from_secs(5), bind_unix(&path)).await;
        assert_eq!(bound.unwrap().unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn files_and_symlinks_are_not_replaced_by_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "data").unwrap();
        symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert!(bind_unix(path).await.is_err());
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "data");
        assert!(link.is_symlink());
    }

    #[tokio::test]
    async fn unix_socket_clients_count_as_local() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener: Listener = bind_unix(&path).await.unwrap();
        let _client = tokio::net::UnixStream::connect(&path).await.unwrap();
        let (_, endpoints) = listener.accept().await.unwrap();
        assert!(endpoints.peer.ip().is_loopback() && endpoints.local.unwrap().is_loopback());
    }
}
