//! The relying party of passkeys: this service, under the host name that browsers use.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use crate::{
    app::App,
    core::{Error, Result, http::error_responses},
};

/// This service as a relying party. `None` if passkeys can't be used, since they need a host name
/// and HTTPS.
pub(super) struct RelyingParty(Option<Webauthn>);

impl RelyingParty {
    /// Uses the configured public URL. Without one, the `Host` header is trusted only for `localhost`.
    fn from_headers(app: &App, headers: &HeaderMap) -> Self {
        let origin = app.config.server.origin().or_else(|| {
            let host = headers.get(header::HOST)?.to_str().ok()?;
            Some(format!("http://{host}"))
        });
        Self(origin.and_then(|origin| build_webauthn(&origin)))
    }

    /// Whether passkeys can be used.
    pub(super) fn supports_passkeys(&self) -> bool {
        self.0.is_some()
    }

    /// Creates challenges and verifies responses.
    ///
    /// # Errors
    /// `Forbidden` if passkeys can't be used.
    pub(super) fn webauthn(&self) -> Result<&Webauthn> {
        self.0.as_ref().ok_or(Error::Forbidden(crate::t!("factors-passkeys-unsupported")))
    }
}

/// Whether passkeys can be used at the address that the browser shows.
pub(super) fn supports_passkeys(app: &App, headers: &HeaderMap) -> bool {
    RelyingParty::from_headers(app, headers).supports_passkeys()
}

fn build_webauthn(origin: &str) -> Option<Webauthn> {
    let url = Url::parse(origin).ok()?;
    let host = url.domain()?;
    let is_localhost = host == "localhost" || host.ends_with(".localhost");
    if url.scheme() != "https" && !is_localhost {
        return None;
    }
    WebauthnBuilder::new(host, &url).ok()?.rp_name("MotoVaultPro").build().ok()
}

impl FromRequestParts<App> for RelyingParty {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::from_headers(app, &parts.headers))
    }
}

impl OperationInput for RelyingParty {
    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[403])
    }
}

#[cfg(test)]
mod tests {
    use super::build_webauthn;

    #[test]
    fn passkeys_need_https_and_a_host_name_except_on_localhost() {
        for origin in
            ["https://cars.example.org", "https://cars.example.org:8443", "http://localhost:3001"]
        {
            assert!(build_webauthn(origin).is_some(), "{origin}");
        }
        for origin in [
            "http://cars.example.org",
            "https://192.0.2.7",
            "http://127.0.0.1:3001",
            "http://localhost.example.org",
            "http://evil@",
            "http://",
        ] {
            assert!(build_webauthn(origin).is_none(), "{origin}");
        }
    }
}
