//! Enables the tests that need servers if `cargo xtask with-servers` has started some: otherwise they
//! are reported as ignored, never as passed. Also embeds the map library if `make map` has put it
//! into `frontend/dist`.

use std::path::Path;

fn main() {
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
}
