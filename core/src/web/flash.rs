//! The answer to an action: a message that the next page shows once, such as `Saved`.
//!
//! After a form is sent, the response redirects to a page. The message travels to that page in a cookie, which
//! the page deletes: it needs no script, and no state on the server.

use axum::{
    extract::{FromRef, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::local_path;
use crate::{
    Services,
    http::{find_cookie, set_cookie},
    locale::Message,
};

const COOKIE: &str = "flash";
/// How long the browser keeps the message if no page shows it.
const LIFETIME_SECONDS: i64 = 60;
/// The maximum length of a message in characters. Browsers reject cookies of more than 4 KiB, and a
/// character can take six bytes of the cookie.
const MAX_LENGTH: usize = 500;

/// A message that the next page shows once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The message, in the user's language.
    pub text: String,
    /// The path of the form action that undoes the action, if it can be undone.
    pub undo: Option<String>,
    /// What to do next, if anything.
    #[serde(default)]
    pub link: Option<FlashLink>,
}

/// A link to what the user may want to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashLink {
    /// The path of the page.
    pub path: String,
    /// The text of the link, in the user's language.
    pub text: String,
}

impl Flash {
    /// A message without a way to undo the action.
    #[must_use]
    pub fn new(message: &Message) -> Self {
        Self {
            text: message.to_string().chars().take(MAX_LENGTH).collect(),
            undo: None,
            link: None,
        }
    }

    /// Adds a button that sends an empty form to `path`.
    #[must_use]
    pub fn with_undo(self, path: String) -> Self {
        Self { undo: Some(path), ..self }
    }

    /// Adds a link to `path`.
    #[must_use]
    pub fn with_link(self, path: String, text: &Message) -> Self {
        let text = text.to_string().chars().take(MAX_LENGTH).collect();
        Self { link: Some(FlashLink { path, text }), ..self }
    }

    /// Redirects to `path`, which shows the message.
    #[must_use]
    pub fn redirect_to(self, path: &str) -> Response {
        let mut response = Redirect::to(path).into_response();
        response.extensions_mut().insert(self);
        response
    }

    fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Decodes a cookie, which may have been sent by anybody.
    fn decode(cookie: &str) -> Option<Self> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let flash: Self = serde_json::from_slice(&json).ok()?;
        let paths = [flash.undo.as_deref(), flash.link.as_ref().map(|it| it.path.as_str())];
        let is_local = |it: &str| it != "/" && local_path(it) == it;
        let are_local = paths.into_iter().flatten().all(is_local);
        are_local.then_some(flash)
    }

    fn of_request(headers: &HeaderMap, is_https: bool) -> Option<Self> {
        Self::decode(find_cookie(headers, is_https, COOKIE)?)
    }
}

/// Carries messages to the next page: a layer over every page.
pub async fn carry_flash<S>(State(state): State<S>, mut request: Request, next: Next) -> Response
where
    Services: FromRef<S>,
{
    let is_https = Services::from_ref(&state).config.server.is_https();
    // A page that the browser fetches in advance is shown later, if at all.
    let is_shown = request.headers().get("purpose").is_none_or(|it| it != "prefetch");
    let shown = Flash::of_request(request.headers(), is_https).filter(|_| is_shown);
    if let Some(flash) = shown.clone() {
        request.extensions_mut().insert(flash);
    }
    let mut response = next.run(request).await;
    let cookie = match response.extensions_mut().remove::<Flash>() {
        Some(new) => set_cookie(is_https, COOKIE, &new.encode(), LIFETIME_SECONDS),
        None if shown.is_some() && is_page(&response) => set_cookie(is_https, COOKIE, "", 0),
        None => return response,
    };
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether the response is a page, which shows the message, and not a redirect or a download.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|it| it.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_cookie() {
        let text = "Saved. 6.8 l/100 km; “ok”".to_owned();
        let flash = Flash { text, undo: None, link: None };
        assert_eq!(Flash::decode(&flash.encode()), Some(flash.clone()));
        let link = FlashLink { path: "/vehicles/1".to_owned(), text: "Go on".to_owned() };
        let flash = Flash { link: Some(link), ..flash };
        assert_eq!(Flash::decode(&flash.encode()), Some(flash.clone()));
        let flash = flash.with_undo("/vehicles/1/restore".to_owned());
        assert_eq!(Flash::decode(&flash.encode()), Some(flash));
    }

    #[test]
    fn the_longest_message_fits_into_a_cookie() {
        let text: String = "🚗".repeat(MAX_LENGTH);
        let undo = Some(format!("/vehicles/{}/restore", uuid::Uuid::nil()));
        let link = FlashLink { path: undo.clone().unwrap(), text: "Open the schedule".repeat(4) };
        let flash = Flash { text, undo, link: Some(link) };
        let cookie = set_cookie(true, COOKIE, &flash.encode(), LIFETIME_SECONDS);
        assert!(cookie.len() < 4096, "{}", cookie.len());
    }

    #[test]
    fn a_cookie_that_was_not_set_here_is_ignored() {
        for path in ["https://evil.example/x", "//evil.example", "/", "javascript:alert(1)"] {
            let path = path.to_owned();
            let flash = Flash { text: "Saved".to_owned(), undo: None, link: None };
            let undo = Flash { undo: Some(path.clone()), ..flash.clone() };
            let link = FlashLink { path: path.clone(), text: "Go on".to_owned() };
            for flash in [undo, Flash { link: Some(link), ..flash }] {
                assert_eq!(Flash::decode(&flash.encode()), None, "{path}");
            }
        }
        for cookie in ["", "x", "e30", "bnVsbA"] {
            assert_eq!(Flash::decode(cookie), None, "{cookie}");
        }
    }
}
