//! TLS configuration of outgoing connections.

use std::sync::{Arc, LazyLock};

/// The client configuration. It trusts the system's certificate authorities, which may include
/// private ones, and those of Mozilla, because a minimal container has no list.
///
/// # Errors
/// The library supports no safe version of TLS.
pub fn client_config() -> Result<rustls::ClientConfig, rustls::Error> {
    // There are hundreds of certificates: they are read once, not by every client.
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
