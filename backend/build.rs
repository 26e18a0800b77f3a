//! Enables the tests that need servers if `cargo xtask with-servers` has started some: otherwise they
//! are reported as ignored, never as passed.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(test_servers)");
    println!("cargo::rerun-if-env-changed=TEST_SERVERS");
    if std::env::var_os("TEST_SERVERS").is_some() {
        println!("cargo::rustc-cfg=test_servers");
    }
}
