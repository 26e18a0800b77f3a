//! Turns the tests on that need servers, where `scripts/with-servers` has started some: elsewhere
//! they show as ignored, never as passed.
fn main() {
    println!("cargo::rustc-check-cfg=cfg(test_servers)");
    println!("cargo::rerun-if-env-changed=TEST_SERVERS");
    if std::env::var_os("TEST_SERVERS").is_some() {
        println!("cargo::rustc-cfg=test_servers");
    }
}
