use std::{
    fs::{self, File},
    net::TcpStream,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value;
use test_servers::free_port;

use super::{HOST, proxies::Proxy, tls::Tls};
use crate::{
    http::{Client, Response},
    process::{Process, Result, command, fail, output, sleep},
    service::{Service, settings},
};

/// The user of the processes, if root runs the test: `nobody`.
const UNPRIVILEGED: u32 = 65534;

/// What the examples contain addresses of.
pub(super) struct Addresses {
    pub(super) port: u16,
    pub(super) plain_port: u16,
    /// The address of the service.
    pub(super) upstream: String,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// The service behind a proxy. Both are stopped when dropped.
pub(super) struct Site {
    pub(super) addresses: Addresses,
    pub(super) origin: String,
    /// The status of API requests over plain HTTP.
    pub(super) plain_api: u16,
    /// The session's cookie.
    pub(super) cookie: String,
    folder: PathBuf,
    // Stopped in this order.
    proxy: Option<Process>,
    _service: Service,
}

impl Site {
    /// Starts the service and the proxy. They can only change this folder.
    pub(super) fn serve(
        proxy: Proxy,
        program: &Path,
        service: &Path,
        folder: &Path,
    ) -> Result<Self> {
        fs::create_dir(folder)?;
        let (port, plain_port) = (free_port()?, free_port()?);
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        create_certificate(&certificate, &key)?;
        let origin = format!("https://{HOST}:{port}");
        let settings = settings(&[
            ("MVP__SERVER__PUBLIC_URL", &origin),
            ("MVP__SERVER__TRUSTED_PROXIES", "127.0.0.1"),
            ("MVP__LOG__FORMAT", "json"),
            ("PATH", "/bin:/usr/bin"),
        ]);
        let service =
            Service::start_with(service, folder, &settings, |it| unprivileged(folder, it))?;
        let upstream = service.url.trim_start_matches("http://").to_owned();
        let addresses = Addresses { port, plain_port, upstream, certificate, key };
        let plain_api = proxy.plain_api();
        let (folder, cookie) = (folder.to_owned(), String::new());
        let mut site =
            Self { addresses, origin, plain_api, cookie, folder, proxy: None, _service: service };
        site.start_proxy(proxy, program)?;
        Ok(site)
    }

    fn start_proxy(&mut self, proxy: Proxy, program: &Path) -> Result {
        let folder = self.folder.join(proxy.name());
        fs::create_dir(&folder)?;
        let mut command = proxy.command(program, &folder, &self.addresses)?;
        unprivileged(&self.folder, &mut command)?;
        command.current_dir(&self.folder).env_clear().env("PATH", "/bin:/usr/bin");
        let log = self.folder.join("proxy.log");
        let output = File::create(&log)?;
        command.env("HOME", &self.folder).stdout(output.try_clone()?).stderr(output);
        let mut process = Process::spawn(&mut command)?;
        let port = self.addresses.port;
        for _ in 0..200 {
            if !process.is_running()? {
                break;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                let response = self.get("/health")?;
                if response.status != 200 {
                    return fail(format!("/health responds with {}", response.status));
                }
                self.proxy = Some(process);
                return Ok(());
            }
            sleep(Duration::from_millis(50))?;
        }
        fail(format!("the proxy does not work: {}", fs::read_to_string(log)?))
    }

    /// The service's log.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(super) fn connect(&self) -> Result<Tls> {
        Tls::connect(self.addresses.port, &self.addresses.certificate)
    }

    /// Sends a request with the session's cookie, unless the headers have another.
    pub(super) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response> {
        let host = format!("{HOST}:{}", self.addresses.port);
        let mut client = Client::over(Box::new(self.connect()?), &host);
        client.cookie.clone_from(&self.cookie);
        client.request(method, path, headers, body)
    }

    pub(super) fn get(&self, path: &str) -> Result<Response> {
        self.request("GET", path, &[], &[])
    }

    /// The same over plain HTTP.
    pub(super) fn get_plain(&self, path: &str) -> Result<Response> {
        let stream = TcpStream::connect(("127.0.0.1", self.addresses.plain_port))?;
        let host = format!("{HOST}:{}", self.addresses.plain_port);
        Client::over(Box::new(stream), &host).request("GET", path, &[], &[])
    }

    /// Posts JSON as the site's own pages would. These headers replace theirs.
    pub(super) fn post(
        &self,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Result<Response> {
        let own = [
            ("Content-Type", "application/json"),
            ("Origin", self.origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let is_replaced = |name: &str| headers.iter().any(|it| it.0 == name);
        let own = own.into_iter().filter(|it| !is_replaced(it.0));
        let headers: Vec<_> = own.chain(headers.iter().copied()).collect();
        self.request("POST", path, &headers, body.to_string().as_bytes())
    }
}

fn create_certificate(certificate: &Path, key: &Path) -> Result {
    let mut openssl = command("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    openssl.args(["-nodes", "-days", "2", "-subj", &format!("/CN={HOST}")]);
    openssl.args(["-addext", &format!("subjectAltName=DNS:{HOST}")]);
    output(openssl.arg("-out").arg(certificate).arg("-keyout").arg(key))?;
    Ok(())
}

/// If root runs the test, makes the command run without its privileges, with the folder as its own.
fn unprivileged(folder: &Path, command: &mut Command) -> Result {
    use crate::process::command as new_command;

    if output(new_command("id").arg("-u"))?.trim() == "0" {
        let owner = format!("{UNPRIVILEGED}:{UNPRIVILEGED}");
        output(new_command("chown").arg("--recursive").arg(owner).arg(folder))?;
        command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    }
    Ok(())
}
