//! Enables the tests that need servers if `cargo xtask with-servers` has started some: otherwise they
//! are reported as ignored, never as passed. Also lists the catalogs of messages, and embeds the map
//! library if `make map` has put it into `frontend/dist`.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

fn main() -> io::Result<()> {
    println!("cargo::rustc-check-cfg=cfg(test_servers)");
    println!("cargo::rerun-if-env-changed=TEST_SERVERS");
    if std::env::var_os("TEST_SERVERS").is_some() {
        println!("cargo::rustc-cfg=test_servers");
    }
    println!("cargo::rustc-check-cfg=cfg(has_map)");
    // The folder above, which always exists: an absent one counts as changed each time.
    println!("cargo::rerun-if-changed=../frontend");
    let dist = Path::new("../frontend/dist");
    if ["leaflet.js", "leaflet.css"].iter().all(|it| dist.join(it).is_file()) {
        println!("cargo::rustc-cfg=has_map");
    }
    list_catalogs()
}

/// Writes `catalogs.rs`, which has a constant for each folder in `locales`, such as `EN_US`: the name
/// and the content of each file in the folder.
fn list_catalogs() -> io::Result<()> {
    println!("cargo::rerun-if-changed=locales");
    let mut code = Vec::new();
    for locale in sorted_names("locales")? {
        let constant = locale.to_uppercase().replace('-', "_");
        writeln!(code, "const {constant}: &[(&str, &str)] = &[")?;
        for file in sorted_names(&format!("locales/{locale}"))? {
            let path = fs::canonicalize(format!("locales/{locale}/{file}"))?;
            let path = path.to_string_lossy();
            writeln!(code, "    ({file:?}, include_str!({path:?})),")?;
        }
        writeln!(code, "];")?;
    }
    let out_dir = std::env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&out_dir).join("catalogs.rs"), code)
}

fn sorted_names(folder: &str) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(folder)?;
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into());
    let mut names = entries.map(name).collect::<io::Result<Vec<String>>>()?;
    names.sort();
    Ok(names)
}
