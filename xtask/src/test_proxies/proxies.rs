use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{HOST, site::Addresses};
use crate::process::{Result, command, fail, output, project};

/// A proxy that has an example in deploy/.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    Nginx,
    Caddy,
    Traefik,
}

impl Proxy {
    pub(super) const ALL: [Self; 3] = [Self::Nginx, Self::Caddy, Self::Traefik];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Traefik => "traefik",
        }
    }

    /// The status of API requests over plain HTTP.
    pub(super) fn plain_api(self) -> u16 {
        if self == Self::Traefik { 404 } else { 403 }
    }

    /// The command that runs it with its example, whose files are changed in `folder`.
    pub(super) fn command(
        self,
        program: &Path,
        folder: &Path,
        addresses: &Addresses,
    ) -> Result<Command> {
        let example = |name: &str| -> Result<String> {
            Ok(fs::read_to_string(project().join("deploy").join(self.name()).join(name))?)
        };
        match self {
            Self::Nginx => nginx(program, folder, addresses, &example("motovaultpro.conf")?),
            Self::Caddy => caddy(program, folder, addresses, &example("Caddyfile")?),
            Self::Traefik => {
                let (routes, settings) = (example("motovaultpro.yml")?, example("traefik.yml")?);
                traefik(program, folder, addresses, &routes, &settings)
            }
        }
    }
}

fn nginx(program: &Path, folder: &Path, site: &Addresses, example: &str) -> Result<Command> {
    let live = "/etc/letsencrypt/live/cars.example.org";
    let text = change(
        example,
        &[
            ("listen 443 ", &format!("listen 127.0.0.1:{} ", site.port)),
            ("listen 80;", &format!("listen 127.0.0.1:{};", site.plain_port)),
            ("    listen [::]:443 ssl http2;\n", ""),
            ("    listen [::]:80;\n", ""),
            ("server 127.0.0.1:3001;", &format!("server {};", site.upstream)),
            (&format!("{live}/fullchain.pem"), &site.certificate.display().to_string()),
            (&format!("{live}/privkey.pem"), &site.key.display().to_string()),
        ],
    )?;
    write(folder, "motovaultpro.conf", &text)?;
    let path = folder.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = kinds.map(|kind| format!("    {kind}_temp_path {path}/{kind};\n")).concat();
    let main = format!(
        "daemon off;
worker_processes 1;
pid {path}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
{temporary}    include {path}/motovaultpro.conf;
}}
"
    );
    let main = write(folder, "nginx.conf", &main)?;
    let mut nginx = command(program);
    nginx.args(["-e", "stderr", "-p"]).arg(folder).arg("-c").arg(main);
    Ok(nginx)
}

fn caddy(program: &Path, folder: &Path, site: &Addresses, example: &str) -> Result<Command> {
    let mut adapt = command(program);
    adapt.args(["adapt", "--adapter", "caddyfile", "--config", "deploy/caddy/Caddyfile"]);
    output(&mut adapt)?;
    let (certificate, key) = (site.certificate.display(), site.key.display());
    let text = change(
        example,
        &[
            (
                &format!("\n{HOST} {{"),
                &format!(
                    "\nhttps://{HOST}:{} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}",
                    site.port
                ),
            ),
            (
                &format!("\nhttp://{HOST} {{"),
                &format!("\nhttp://{HOST}:{} {{\n\tbind 127.0.0.1", site.plain_port),
            ),
            ("127.0.0.1:3001", &site.upstream),
        ],
    )?;
    let options = "{\n\tadmin off\n\tauto_https off\n}\n";
    let file = write(folder, "Caddyfile", &format!("{options}{text}"))?;
    let mut caddy = command(program);
    caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
    Ok(caddy)
}

fn traefik(
    program: &Path,
    folder: &Path,
    site: &Addresses,
    routes: &str,
    settings: &str,
) -> Result<Command> {
    let routes = change(
        routes,
        &[
            ("tls:\n        certResolver: letsencrypt", "tls: {}"),
            ("http://127.0.0.1:3001", &format!("http://{}", site.upstream)),
        ],
    )?;
    let certificate = format!(
        "tls:\n  certificates:\n    - certFile: {}\n      keyFile: {}\n",
        site.certificate.display(),
        site.key.display()
    );
    let dynamic = folder.join("dynamic");
    fs::create_dir(&dynamic)?;
    write(&dynamic, "motovaultpro.yml", &(routes + &certificate))?;
    let settings = change(
        settings,
        &[
            ("\":443\"", &format!("\"127.0.0.1:{}\"", site.port)),
            ("\":80\"", &format!("\"127.0.0.1:{}\"", site.plain_port)),
            ("/etc/traefik/dynamic", &dynamic.display().to_string()),
            ("/var/lib/traefik", &folder.display().to_string()),
        ],
    )?;
    let file = write(folder, "traefik.yml", &settings)?;
    let mut traefik = command(program);
    traefik.arg(format!("--configFile={}", file.display()));
    Ok(traefik)
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let file = folder.join(name);
    fs::write(&file, text)?;
    Ok(file)
}

/// The text with each old part replaced. Fails if an old part is missing, so that changes of an example are noticed.
fn change(text: &str, changes: &[(&str, &str)]) -> Result<String> {
    let mut text = text.to_owned();
    for (old, new) in changes {
        if !text.contains(old) {
            return fail(format!("the configuration has no {old:?}"));
        }
        text = text.replace(old, new);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_missing_from_an_example_is_reported() {
        assert_eq!(change("a b a", &[("a", "c"), ("b", "d")]).unwrap(), "c d c");
        assert!(change("a", &[("b", "c")]).is_err());
    }

    #[test]
    fn every_example_has_the_parts_that_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let (certificate, key) = (file.clone(), file);
        let upstream = "127.0.0.1:1".to_owned();
        let site = Addresses { port: 2, plain_port: 3, upstream, certificate, key };
        for proxy in Proxy::ALL {
            proxy.command(Path::new("true"), folder.path(), &site).unwrap();
        }
    }
}
