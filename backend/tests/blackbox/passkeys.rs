//! Passkeys with Chromium's virtual authenticator: adding, signing in, and refusals.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{BrowserSession, Client, TestEnv};

on_every_engine![
    a_passkey_signs_in_alone_and_as_the_second_factor,
    a_passkey_response_is_valid_once_and_only_for_its_origin,
    a_passkey_completes_only_a_pending_sign_in,
    after_a_password_reset_passkeys_must_be_reviewed,
];

const PASSWORD: &str = "correct horse battery";
const NEW_PASSWORD: &str = "an entirely new one";
const FINISH: &str = "/api/auth/login/passkey/finish";

/// The service's URL with the host name that passkeys require.
fn by_name(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}

async fn within_two_minutes(what: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(2), what)
        .await
        .expect("the test took more than two minutes");
}

/// Adds a virtual authenticator with user verification.
async fn plug_in(browser: &BrowserSession) -> Value {
    browser.call("WebAuthn.enable", json!({})).await;
    let device = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true,
    });
    let added =
        browser.call("WebAuthn.addVirtualAuthenticator", json!({ "options": device })).await;
    added["authenticatorId"].clone()
}

/// Creates an account with a passkey through the pages, and signs out.
async fn with_passkey(browser: &BrowserSession, url: &str) {
    browser.goto(format!("{url}/register")).await;
    browser.type_into("email", "ann@example.org").await;
    browser.type_into("password", PASSWORD).await;
    browser.press_enter("password").await;
    browser.wait_for_path("/welcome").await;
    browser.goto(format!("{url}/settings/factors")).await;
    browser.type_into("name", "Telephone").await;
    browser.press_enter("name").await;
    browser.wait_for_text("They won’t be shown again.").await;
    let codes = browser.evaluate("document.querySelectorAll('#new-codes li').length").await;
    assert_eq!(codes, 10);
    browser.click("#new-codes a").await;
    browser.wait_for_text("Telephone").await;
    browser.wait_for_text("10 left.").await;
    log_out(browser).await;
}

async fn log_out(browser: &BrowserSession) {
    browser.click("nav a[href='/more']").await;
    browser.wait_for_path("/more").await;
    browser.click("main form[action='/logout'] button").await;
    browser.wait_for_path("/login").await;
}

async fn a_passkey_signs_in_alone_and_as_the_second_factor(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::start().await;
        let device = plug_in(&browser).await;
        with_passkey(&browser, &url).await;

        // With the passkey alone: no email address or password.
        browser.click("[data-passkeys] button").await;
        browser.wait_for_path("/").await;
        log_out(&browser).await;

        // After the password.
        browser.type_into("email", "ann@example.org").await;
        browser.type_into("password", PASSWORD).await;
        browser.press_enter("password").await;
        browser.wait_for_text("One more step.").await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_path("/").await;
        log_out(&browser).await;

        // With the device, but without user verification.
        let verify = async |is_verified: bool| {
            let user = json!({ "authenticatorId": device, "isUserVerified": is_verified });
            browser.call("WebAuthn.setUserVerified", user).await;
        };
        verify(false).await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_text("No passkey was given. Try again.").await;
        verify(true).await;

        // An invalid signature.
        let sign = async |is_bogus: bool| {
            let bits = json!({ "authenticatorId": device, "isBogusSignature": is_bogus });
            browser.call("WebAuthn.setResponseOverrideBits", bits).await;
        };
        sign(true).await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_text("The code or passkey is invalid, expired or already used.").await;
        sign(false).await;

        // A removed passkey is unknown, and the password is sufficient again.
        browser.click("[data-passkeys] button").await;
        browser.wait_for_path("/").await;
        browser.goto(format!("{url}/settings/factors")).await;
        browser.click("form[action$='/remove'] button").await;
        browser.wait_for_text("No passkeys yet.").await;
        log_out(&browser).await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_text("The code or passkey is invalid, expired or already used.").await;
        browser.type_into("email", "ann@example.org").await;
        browser.type_into("password", PASSWORD).await;
        browser.press_enter("password").await;
        browser.wait_for_path("/").await;
        browser.close().await;
        assert!(!service.log().contains("ERROR"), "{}", service.log());
    })
    .await;
}

/// Answers the challenge `challenge` with the passkey, in the open page.
async fn answer(browser: &BrowserSession, challenge: &Value) -> Value {
    let script = format!(
        "(async () => {{
            const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({});
            return (await navigator.credentials.get({{ publicKey }})).toJSON();
        }})()",
        challenge["publicKey"]
    );
    json!({ "ceremony": challenge["ceremony"], "credential": browser.evaluate(&script).await })
}

async fn a_passkey_response_is_valid_once_and_only_for_its_origin(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::start().await;
        plug_in(&browser).await;
        with_passkey(&browser, &url).await;
        let client = Client::anonymous(&url);
        let begin =
            async || client.post("/api/auth/login/passkey/begin", &json!({})).await.expect(200);

        let challenge = begin().await;
        let right = answer(&browser, &challenge).await;
        // A response to one challenge is not valid for another.
        let mut swapped = right.clone();
        swapped["ceremony"] = begin().await["ceremony"].clone();
        client.post(FINISH, &swapped).await.expect(401);
        // The user handle is not signed, and must not select another account.
        let challenge = begin().await;
        let mut renamed = answer(&browser, &challenge).await;
        renamed["credential"]["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        client.post(FINISH, &renamed).await.expect(401);
        assert_eq!(client.post(FINISH, &right).await.expect(200)["email"], "ann@example.org");
        // A replayed response is refused.
        client.post(FINISH, &right).await.expect(401);

        // Where passkeys are not supported, none is requested.
        let by_address = Client::anonymous(&service.url);
        by_address.post("/api/auth/login/passkey/begin", &json!({})).await.expect(403);
        // An SQLite database can have only one service, at one origin.
        let Some(elsewhere) = env.is_postgres().then(|| env.serve()) else {
            return browser.close().await;
        };
        let other_url = by_name(&elsewhere.url);

        // A page at another origin uses this service's challenge: the browser includes the origin.
        browser.goto(format!("{other_url}/login")).await;
        let challenge = begin().await;
        let phished = answer(&browser, &challenge).await;
        client.post(FINISH, &phished).await.expect(401);

        // A refused response cannot be reused at the right origin.
        let challenge = begin().await;
        let phished = answer(&browser, &challenge).await;
        client.post(FINISH, &phished).await.expect(401);
        Client::anonymous(&other_url).post(FINISH, &phished).await.expect(401);
        // It would have been valid there with its own challenge.
        let other = Client::anonymous(&other_url);
        let challenge = other.post("/api/auth/login/passkey/begin", &json!({})).await.expect(200);
        other.post(FINISH, &answer(&browser, &challenge).await).await.expect(200);
        browser.close().await;
    })
    .await;
}

async fn a_passkey_completes_only_a_pending_sign_in(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::start().await;
        plug_in(&browser).await;
        with_passkey(&browser, &url).await;
        let begin = "/api/auth/login/passkey/begin";

        let waiting = Client::password_accepted(&url, "ann@example.org", PASSWORD).await;
        let mut answers = Vec::new();
        for _ in 0..2 {
            let challenge = waiting.post(begin, &json!({})).await.expect(200);
            assert_eq!(challenge["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
            answers.push(answer(&browser, &challenge).await);
        }
        Client::anonymous(&url).post(FINISH, &answers[0]).await.expect(401);
        waiting.post(FINISH, &answers[0]).await.expect(200);
        // The pending sign-in has expired.
        waiting.post(FINISH, &answers[1]).await.expect(401);
        browser.close().await;
    })
    .await;
}

async fn after_a_password_reset_passkeys_must_be_reviewed(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::start().await;
        plug_in(&browser).await;
        with_passkey(&browser, &url).await;

        let made = env.run(&["users", "reset", "ann@example.org"]);
        assert_eq!(made.code, Some(0), "{made:?}");
        let token = made.out.lines().next().unwrap().rsplit_once("token=").unwrap().1;
        browser.goto(format!("{url}/reset?token={token}")).await;
        browser.type_into("password", NEW_PASSWORD).await;
        browser.press_enter("password").await;
        browser.wait_for_text("Your new password is set").await;
        browser.goto(format!("{url}/login")).await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_text("Your password was reset: sign in").await;
        assert!(browser.url().await.ends_with("/login"));

        // The passkey still works as the second factor after the password.
        browser.type_into("email", "ann@example.org").await;
        browser.type_into("password", NEW_PASSWORD).await;
        browser.press_enter("password").await;
        browser.wait_for_text("One more step.").await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_path("/").await;
        browser.wait_for_text("Your password was reset.").await;
        browser.goto(format!("{url}/settings/review")).await;
        browser.wait_for_text("Telephone").await;
        browser.click("form[action='/settings/review'] button").await;
        browser.wait_for_text("Review completed.").await;
        log_out(&browser).await;
        browser.click("[data-passkeys] button").await;
        browser.wait_for_path("/").await;
        browser.close().await;
        assert!(!service.log().contains("ERROR"), "{}", service.log());
    })
    .await;
}
