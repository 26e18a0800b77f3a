use std::{fs, path::Path, process::Stdio};

use super::{Release, install, publish, put, put_all, put_documents};
use crate::process::{Process, Result, command, fail};

/// Packs the archive for systems other than Debian. Returns its name.
pub(super) fn pack(release: &Release, folder: &Path) -> Result<String> {
    let name = format!("motovaultpro-{}-linux-{}", release.version, release.architecture);
    let root = release.work.path().join(&name);
    install(&release.program, &root.join("motovaultpro"), "0755")?;
    put(&["README.md", "LICENSE", "CHANGELOG.md"], &root)?;
    put(&["deploy/motovaultpro.service", "deploy/motovaultpro.toml"], &root)?;
    put_documents(&root.join("docs"))?;
    if release.manual().exists() {
        put_all(&release.manual(), &root.join("man"))?;
    }
    let completions = root.join("completions");
    release.put_completions(
        &completions.join("motovaultpro.bash"),
        &completions.join("_motovaultpro"),
        &completions.join("motovaultpro.fish"),
    )?;
    publish(&root)?;

    let file = format!("{name}.tar.gz");
    let mut tar = command("tar");
    tar.arg("--create").arg("--directory").arg(release.work.path());
    tar.args(["--sort=name", "--format=gnu", "--owner=root:0", "--group=root:0"]);
    tar.arg(format!("--mtime=@{}", release.time)).arg(&name).stdout(Stdio::piped());
    let mut tar = Process::spawn(&mut tar)?;
    let mut gzip = Release::gzip(&[]);
    gzip.stdin(tar.child().stdout.take().map_or_else(Stdio::null, Stdio::from));
    let mut gzip = Process::spawn(gzip.stdout(fs::File::create(folder.join(&file))?))?;
    if !tar.wait()?.success() || !gzip.wait()?.success() {
        return fail(format!("{file} can't be packed"));
    }
    Ok(file)
}
