use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::{Release, install, publish, put, put_all, put_as, put_documents, write};
use crate::process::{Result, capture, command, fail, output, project, run, setting};

/// Packs the Debian package. Returns its name.
pub(super) fn pack(release: &Release, folder: &Path) -> Result<String> {
    // In Debian's order, 1.0.0~rc.1 comes before 1.0.0.
    let version = format!("{}-1", release.version.replacen('-', "~", 1));
    let root = release.work.path().join("package");
    let maintainer = setting("DIST_MAINTAINER")
        .unwrap_or_else(|| "The MotoVaultPro authors <motovaultpro@localhost>".to_owned());
    put_files(release, &root)?;
    put_changelogs(release, &root, &version, &maintainer)?;
    put_control(release, &root, &version, &maintainer)?;
    publish(&root)?;

    let mut touch = command("find");
    touch.arg(&root).args(["-exec", "touch", "--no-dereference"]);
    run(touch.arg(format!("--date=@{}", release.time)).args(["{}", "+"]))?;
    let name = format!("motovaultpro_{version}_{}.deb", release.architecture);
    let mut build = command("dpkg-deb");
    // Use one thread, because the number of threads changes the result, and xz, because Debian 11 supports nothing
    // newer.
    build.args(["--build", "--root-owner-group", "-Zxz", "--threads-max=1"]);
    output(build.arg(&root).arg(folder.join(&name)))?;
    Ok(name)
}

fn documents(root: &Path) -> PathBuf {
    root.join("usr/share/doc/motovaultpro")
}

fn put_files(release: &Release, root: &Path) -> Result {
    let share = root.join("usr/share");
    install(&release.program, &root.join("usr/bin/motovaultpro"), "0755")?;
    put(&["deploy/motovaultpro.toml"], &root.join("etc/motovaultpro"))?;
    let unit = fs::read_to_string(project().join("deploy/motovaultpro.service"))?;
    let lines = unit.lines().filter(|it| !it.starts_with("# `make dist` replaces"));
    let unit: String = lines.map(|it| it.replacen("/usr/local/", "/usr/", 1) + "\n").collect();
    let services = root.join("lib/systemd/system");
    fs::create_dir_all(&services)?;
    write(&services.join("motovaultpro.service"), unit)?;
    put(&["README.md"], &documents(root))?;
    put_as(&project().join("deploy/debian/copyright"), &documents(root).join("copyright"))?;
    let copyright = documents(root).join("copyright");
    fs::OpenOptions::new().append(true).open(copyright)?.write_all(license()?.as_bytes())?;
    put_documents(&documents(root))?;
    if release.manual().exists() {
        let pages = share.join("man/man1");
        put_all(&release.manual(), &pages)?;
        let mut gzip = Release::gzip(&["--best"]);
        for page in fs::read_dir(&pages)? {
            gzip.arg(page?.path());
        }
        run(&mut gzip)?;
    }
    release.put_completions(
        &share.join("bash-completion/completions/motovaultpro"),
        &share.join("zsh/vendor-completions/_motovaultpro"),
        &share.join("fish/vendor_completions.d/motovaultpro.fish"),
    )
}

/// The license in the form of Debian's copyright file.
fn license() -> Result<String> {
    let text = fs::read_to_string(project().join("LICENSE"))?;
    let after = text.lines().skip_while(|it| !it.starts_with("Copyright")).skip(1);
    let lines: Vec<_> = after.skip_while(|it| it.is_empty()).collect();
    let lines = lines.iter().map(|it| if it.is_empty() { "." } else { it });
    let lines: Vec<_> = lines.map(|it| format!(" {it}\n")).collect();
    Ok(format!("\nLicense: Expat\n{}", lines.concat()))
}

fn put_changelogs(release: &Release, root: &Path, version: &str, maintainer: &str) -> Result {
    let gzipped = |text: &[u8]| -> Result<Vec<u8>> {
        let compressed = capture(&mut Release::gzip(&["--best"]), text)?;
        if compressed.status.success() { Ok(compressed.stdout) } else { fail(compressed.stderr) }
    };
    let text = fs::read(project().join("CHANGELOG.md"))?;
    write(&documents(root).join("changelog.gz"), gzipped(&text)?)?;
    let mut date = command("date");
    date.args(["--utc", "--rfc-email", &format!("--date=@{}", release.time)]);
    let date = output(date.env("LC_ALL", "C"))?;
    let text = format!(
        "motovaultpro ({version}) stable; urgency=medium

  * Version {}: see changelog.gz.

 -- {maintainer}  {date}",
        release.version
    );
    write(&documents(root).join("changelog.Debian.gz"), gzipped(text.as_bytes())?)
}

fn put_control(release: &Release, root: &Path, version: &str, maintainer: &str) -> Result {
    let control = root.join("DEBIAN");
    fs::create_dir(&control)?;
    for script in ["postinst", "prerm", "postrm"] {
        let from = project().join("deploy/debian").join(script);
        install(&from, &control.join(script), "0755")?;
    }
    write(&control.join("conffiles"), "/etc/motovaultpro/motovaultpro.toml\n")?;
    let mut sums = command("sh");
    sums.args(["-ec", "find lib usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"]);
    write(&control.join("md5sums"), output(sums.current_dir(root))?)?;
    let mut size = command("du");
    size.args(["--summarize", "--apparent-size", "--block-size=1K", "--exclude=DEBIAN"]);
    let size = output(size.arg(root))?;
    let size = size.split('\t').next().unwrap_or_default().to_owned();
    let (architecture, depends) = (release.architecture, &release.depends);
    let text = format!(
        "Package: motovaultpro
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: {depends}
Recommends: ca-certificates
Suggests: caddy | nginx, postgresql, redis-server
Section: web
Priority: optional
Description: vehicle management: fuel, costs and maintenance
 MotoVaultPro is a web service for a household, a collector or a small fleet.
 It records vehicles, fill-ups and maintenance, decodes VINs without an online
 service, calculates fuel economy and costs, and sends reminders.
 .
 The package sets up a service that stores its data with SQLite in
 /var/lib/motovaultpro. PostgreSQL and Redis can be configured instead.
"
    );
    write(&control.join("control"), text)
}
