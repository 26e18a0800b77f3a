//! Where passkeys are good for: this service, under the name that browsers reach it by.

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

use crate::core::{App, Error, Result, http::error_responses};

/// This service as passkeys know it, if they can: they need a name, and https.
pub(in super::super) struct Site(Option<Webauthn>);

impl Site {
    /// From the configured address; without one, only this very machine is trusted to name itself.
    fn of(app: &App, headers: &HeaderMap) -> Self {
        let origin = app.config.server.origin().or_else(|| {
            let host = headers.get(header::HOST)?.to_str().ok()?;
            Some(format!("http://{host}"))
        });
        Self(origin.and_then(|origin| known(&origin)))
    }

    /// Whether passkeys can be used here.
    pub(in super::super) fn has_passkeys(&self) -> bool {
        self.0.is_some()
    }

    /// What checks their answers.
    ///
    /// # Errors
    /// Forbidden where they cannot be used.
    pub(super) fn passkeys(&self) -> Result<&Webauthn> {
        self.0.as_ref().ok_or(Error::Forbidden(
            "passkeys need the setting server.public_url, with https and a host's name",
        ))
    }
}

fn known(origin: &str) -> Option<Webauthn> {
    let url = Url::parse(origin).ok()?;
    let host = url.domain()?;
    let is_this_machine = host == "localhost" || host.ends_with(".localhost");
    if url.scheme() != "https" && !is_this_machine {
        return None;
    }
    WebauthnBuilder::new(host, &url).ok()?.rp_name("MotoVaultPro").build().ok()
}

impl FromRequestParts<App> for Site {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(app, &parts.headers))
    }
}

impl OperationInput for Site {
    fn inferred_early_responses(
        context: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        error_responses(context, &[403])
    }
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn passkeys_need_https_and_a_name_or_this_machine() {
        for origin in
            ["https://cars.example.org", "https://cars.example.org:8443", "http://localhost:3001"]
        {
            assert!(known(origin).is_some(), "{origin}");
        }
        for origin in [
            "http://cars.example.org",
            "https://192.0.2.7",
            "http://127.0.0.1:3001",
            "http://localhost.example.org",
            "http://evil@",
            "http://",
        ] {
            assert!(known(origin).is_none(), "{origin}");
        }
    }
}
