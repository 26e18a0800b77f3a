//! Listening on Unix sockets and systemd sockets, and shutting down.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use crate::support::{Client, Service, TestEnv, block_on, eventually, signal};

/// The status and the body of a GET request over a Unix socket.
fn get(socket: &Path, path: &str) -> (u16, String) {
    let mut stream = UnixStream::connect(socket).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let status = response.split(' ').nth(1).unwrap().parse().unwrap();
    (status, response.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[test]
fn the_service_listens_on_a_unix_socket_and_requires_the_setup_token_there() {
    block_on(async {
        let env = TestEnv::empty();
        let socket = env.folder().join("motovaultpro.sock");
        let env = env.with("MVP__SERVER__SOCKET", socket.to_str().unwrap());
        let mut service = env.serve();
        assert_eq!(service.url, format!("unix:{}", socket.display()));
        assert_eq!(get(&socket, "/health").1, "alive\n");
        env.run(&["healthcheck"]).expect_success();
        env.run(&["healthcheck", "--url", &service.url]).expect_success();

        // A proxy is connected to the socket, so the client may be anyone.
        let body = r#"{"email":"first@example.org","password":"correct horse battery"}"#;
        let mut stream = UnixStream::connect(&socket).unwrap();
        write!(
            stream,
            "POST /api/auth/register HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.contains("setupToken"), "{response}");

        let second = TestEnv::empty().with("MVP__SERVER__SOCKET", socket.to_str().unwrap());
        let error = second.try_serve(&[]).map(|it| it.url.clone()).unwrap_err();
        assert!(error.contains("cannot listen on") && error.contains("in use"), "{error}");

        signal("TERM", service.pid());
        assert_eq!(service.wait_for_exit().await, Some(0));
        assert!(!socket.exists());
        env.run(&["healthcheck"]).expect_failure(1);
    });
}

/// Opens the socket first, as systemd does, and then executes the program.
const ACTIVATE: &str = r#"
import os, socket, sys
kind, path, port_file, *command = sys.argv[1:]
if kind == "unix":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
else:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    open(port_file, "w").write(str(listener.getsockname()[1]))
listener.listen()
if listener.fileno() == 3:
    os.set_inheritable(3, True)
else:
    os.dup2(listener.fileno(), 3)
os.execve(command[0], command, {**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
"#;

#[test]
fn a_systemd_socket_is_used_instead_of_the_address() {
    block_on(async {
        for kind in ["unix", "tcp"] {
            let env = TestEnv::empty();
            let (socket, port) = (env.folder().join("passed.sock"), env.folder().join("port"));
            let serve = env.command(&["serve"]);
            let mut launch = std::process::Command::new("python3");
            launch.args(["-c", ACTIVATE, kind]).arg(&socket).arg(&port).arg(serve.get_program());
            launch.args(serve.get_args()).current_dir(env.folder());
            launch.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
            launch.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
            let mut child = launch.spawn().unwrap();
            let url = || {
                if kind == "unix" {
                    return Some(format!("unix:{}", socket.display()));
                }
                let port = std::fs::read_to_string(&port).ok()?;
                Some(format!("http://127.0.0.1:{port}"))
            };
            eventually("the service is ready", async || {
                assert!(child.try_wait().unwrap().is_none(), "it ended");
                let Some(url) = url() else { return false };
                env.run(&["healthcheck", "--url", &url]).code == Some(0)
            })
            .await;
            signal("TERM", child.id());
            assert!(child.wait().unwrap().success());
            assert_eq!(socket.exists(), kind == "unix", "systemd removes what it has created");
        }
    });
}

/// The status in the body of `/api/health`, and the HTTP status.
async fn health(client: &Client) -> (u16, String) {
    let response = client.get("/api/health").await;
    let status = response.status;
    let body = response.expect(status);
    (status, body["status"].as_str().unwrap().to_owned())
}

async fn draining(seconds: &str) -> (TestEnv, Service, Client) {
    let env = TestEnv::empty().with("MVP__SERVER__DRAIN", seconds);
    let service = env.serve();
    let client = service.register("someone@example.org").await;
    eventually("the service is ready", async || health(&client).await.0 == 200).await;
    signal("TERM", service.pid());
    eventually("the service is not ready", async || {
        health(&client).await == (503, "stopping".to_owned())
    })
    .await;
    (env, service, client)
}

#[test]
fn requests_are_served_while_the_service_drains() {
    block_on(async {
        let (_env, mut service, client) = draining("2").await;
        let started = Instant::now();
        client.add_vehicle(1).await;
        assert_eq!(service.wait_for_exit().await, Some(0));
        assert!(started.elapsed() > Duration::from_secs(1), "{:?}", started.elapsed());
        let log = service.log();
        assert!(log.contains("Shutting down soon: no longer ready"), "{log}");
    });
}

#[test]
fn a_second_signal_ends_the_drain_at_once() {
    block_on(async {
        let (_env, mut service, client) = draining("3000").await;
        client.get("/api/vehicles").await.expect(200);
        signal("TERM", service.pid());
        assert_eq!(service.wait_for_exit().await, Some(0));
    });
}
