//! Checks the mail server without sending a message.

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use url::Url;

use super::{Finding, TIMEOUT, with_timeout};
use crate::core::config::Mail;

const NAME: &str = "mail";

pub(super) async fn check(settings: &Mail) -> Vec<Finding> {
    let Some(url) = &settings.url else {
        return vec![Finding::ok(NAME, "disabled: mail.url is not set")];
    };
    let Ok(transport) = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()) else {
        return vec![Finding::failed(NAME, "mail.url is not an SMTP address", "correct it")];
    };
    let transport: AsyncSmtpTransport<Tokio1Executor> = transport.timeout(Some(TIMEOUT)).build();
    let finding = match with_timeout(transport.test_connection()).await {
        Ok(Ok(true)) => assess(url.expose()),
        Ok(Ok(false)) => {
            Finding::failed(NAME, "the server closed the connection", CONNECTION_ADVICE)
        }
        Ok(Err(error)) => {
            // 530, 534, 535 and 538 are authentication errors (RFC 4954, section 6).
            let code = error.status().map(|it| it.to_string()).unwrap_or_default();
            let advice = match code.as_str() {
                "530" | "534" | "535" | "538" => "check user and password in mail.url",
                _ => CONNECTION_ADVICE,
            };
            Finding::failed(NAME, format!("the server: {error}"), advice)
        }
        Err(timeout) => Finding::failed(NAME, format!("the server: {timeout}"), CONNECTION_ADVICE),
    };
    vec![finding]
}

const CONNECTION_ADVICE: &str = "check host, port and encryption in mail.url: smtps://USER:PASSWORD@HOST, or \
                     smtp://USER:PASSWORD@HOST:587?tls=required";

fn assess(url: &str) -> Finding {
    let Ok(url) = Url::parse(url) else {
        return Finding::ok(NAME, "the server accepts connections");
    };
    let logged_in = if url.username().is_empty() { "connected" } else { "logged in" };
    let is_local = match url.host() {
        Some(url::Host::Domain(name)) => {
            // `Url` parses IP addresses only in HTTP URLs; here they are domain names.
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
        }
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let needs_tls = url.scheme() == "smtps"
        || url.query_pairs().any(|it| it == ("tls".into(), "required".into()));
    let found = format!("{logged_in}; no message was sent");
    if needs_tls || is_local {
        return Finding::ok(NAME, found);
    }
    let found = format!("{found}. TLS is not required, so mail can be read in transit");
    Finding::warning(NAME, found, "use smtps://, or smtp:// with ?tls=required, in mail.url")
}

#[cfg(test)]
mod tests {
    use super::assess;
    use crate::check::State;

    #[test]
    fn a_remote_server_without_tls_is_a_warning() {
        for (url, state) in [
            ("smtps://ann:secret@mail.test", State::Ok),
            ("smtp://ann:secret@mail.test:587?tls=required", State::Ok),
            ("smtp://ann:secret@mail.test:587?tls=opportunistic", State::Warning),
            ("smtp://mail.test", State::Warning),
            ("smtp://127.0.0.1:25", State::Ok),
            ("smtp://localhost", State::Ok),
            ("smtp://[::1]:25", State::Ok),
        ] {
            assert_eq!(assess(url).state, state, "{url}");
        }
        assert!(assess("smtps://ann:secret@mail.test").found.starts_with("logged in"));
        assert!(assess("smtp://localhost").found.starts_with("connected"));
    }
}
