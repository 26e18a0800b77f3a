//! TLS to the outside.

use std::sync::{Arc, LazyLock};

/// How others are called: whom the machine trusts, such as a household's own authority, and whom
/// browsers trust, since a bare container has no list of its own.
///
/// # Errors
/// Where the library knows no safe version of TLS.
pub fn client_config() -> Result<rustls::ClientConfig, rustls::Error> {
    // Some hundred certificates: read once, not by every client.
    static CONFIG: LazyLock<Result<rustls::ClientConfig, rustls::Error>> = LazyLock::new(read);
    CONFIG.clone()
}

fn read() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
