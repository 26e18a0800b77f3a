//! Passkeys, with Chromium's own virtual authenticator: added, signed in with, and refused.

use std::time::Duration;

use chromiumoxide::cdp::{
    browser_protocol::web_authn::{
        AddVirtualAuthenticatorParams, AuthenticatorId, AuthenticatorProtocol,
        AuthenticatorTransport, EnableParams, SetResponseOverrideBitsParams, SetUserVerifiedParams,
        VirtualAuthenticatorOptions,
    },
    js_protocol::runtime::EvaluateParams,
};
use serde_json::{Value, json};

use crate::support::{BrowserSession, Client, TestEnv};

on_every_engine![
    a_passkey_signs_in_alone_and_as_the_second_factor,
    a_passkeys_answer_is_good_once_and_only_where_it_was_asked_for,
    after_the_password_a_passkey_signs_in_only_while_that_sign_in_waits,
    after_a_reset_a_passkey_alone_signs_in_only_once_it_is_reviewed,
];

const PASSWORD: &str = "correct horse battery";
const NEW_PASSWORD: &str = "an entirely new one";
const FINISH: &str = "/api/auth/login/passkey/finish";

/// The service under the name that passkeys know this machine by.
fn by_name(url: &str) -> String {
    url.replace("127.0.0.1", "localhost")
}

async fn within_two_minutes(what: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_mins(2), what).await.expect("it takes no two minutes");
}

/// Plugs a device with a fingerprint reader in.
async fn plug_in(browser: &BrowserSession) -> AuthenticatorId {
    browser.page.execute(EnableParams::default()).await.unwrap();
    let device = VirtualAuthenticatorOptions::builder()
        .protocol(AuthenticatorProtocol::Ctap2)
        .transport(AuthenticatorTransport::Internal)
        .has_resident_key(true)
        .has_user_verification(true)
        .is_user_verified(true)
        .build()
        .unwrap();
    let added = browser.page.execute(AddVirtualAuthenticatorParams::new(device)).await.unwrap();
    added.result.authenticator_id
}

/// What a script in the page comes to.
async fn run(browser: &BrowserSession, script: &str) -> Value {
    let script = EvaluateParams::builder()
        .expression(script)
        .await_promise(true)
        .return_by_value(true)
        .build()
        .unwrap();
    browser.page.evaluate_expression(script).await.unwrap().into_value().unwrap()
}

/// Makes an account with a passkey through the pages; nobody is signed in afterwards.
async fn with_passkey(browser: &BrowserSession, url: &str) {
    browser.page.goto(format!("{url}/register")).await.unwrap();
    browser.types("email", "ann@example.org").await;
    browser.types("password", PASSWORD).await;
    browser.enters("password").await;
    browser.reaches("/vehicles").await;
    browser.page.goto(format!("{url}/settings/factors")).await.unwrap();
    browser.types("name", "Telephone").await;
    browser.enters("name").await;
    browser.shows("They are not shown again.").await;
    let codes = run(browser, "document.querySelectorAll('#new-codes li').length").await;
    assert_eq!(codes, 10);
    browser.follows("#new-codes a").await;
    browser.shows("Telephone").await;
    browser.shows("10 are left.").await;
    log_out(browser).await;
}

async fn log_out(browser: &BrowserSession) {
    browser.follows("form[action='/logout'] button").await;
    browser.reaches("/login").await;
}

async fn a_passkey_signs_in_alone_and_as_the_second_factor(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::begin().await;
        let device = plug_in(&browser).await;
        with_passkey(&browser, &url).await;

        // Alone: no address and no password is typed.
        browser.follows("[data-passkeys] button").await;
        browser.reaches("/vehicles").await;
        log_out(&browser).await;

        // After the password.
        browser.types("email", "ann@example.org").await;
        browser.types("password", PASSWORD).await;
        browser.enters("password").await;
        browser.shows("One more step.").await;
        browser.follows("[data-passkeys] button").await;
        browser.reaches("/vehicles").await;
        log_out(&browser).await;

        // Whoever holds the device and is not its owner.
        let verified = |is| SetUserVerifiedParams::new(device.clone(), is);
        browser.page.execute(verified(false)).await.unwrap();
        browser.follows("[data-passkeys] button").await;
        browser.shows("No passkey was given. Try again.").await;
        browser.page.execute(verified(true)).await.unwrap();

        // A signature that is none.
        let mut bits = SetResponseOverrideBitsParams::new(device.clone());
        bits.is_bogus_signature = Some(true);
        browser.page.execute(bits).await.unwrap();
        browser.follows("[data-passkeys] button").await;
        browser.shows("This code or passkey is not right, or has been used.").await;
        let bits = SetResponseOverrideBitsParams::new(device);
        browser.page.execute(bits).await.unwrap();

        // Removed, it is no longer known; and the password is enough again.
        browser.follows("[data-passkeys] button").await;
        browser.reaches("/vehicles").await;
        browser.page.goto(format!("{url}/settings/factors")).await.unwrap();
        browser.follows("form[action$='/remove'] button").await;
        browser.shows("You have none.").await;
        log_out(&browser).await;
        browser.follows("[data-passkeys] button").await;
        browser.shows("This code or passkey is not right, or has been used.").await;
        browser.types("email", "ann@example.org").await;
        browser.types("password", PASSWORD).await;
        browser.enters("password").await;
        browser.reaches("/vehicles").await;
        browser.ends().await;
        assert!(!service.log().contains("ERROR"), "{}", service.log());
    })
    .await;
}

/// The body that answers `asked` with the passkey, made in the page that is open.
async fn answer(browser: &BrowserSession, asked: &Value) -> Value {
    let script = format!(
        "(async () => {{
            const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({});
            return (await navigator.credentials.get({{ publicKey }})).toJSON();
        }})()",
        asked["publicKey"]
    );
    json!({ "ceremony": asked["ceremony"], "credential": run(browser, &script).await })
}

async fn a_passkeys_answer_is_good_once_and_only_where_it_was_asked_for(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::begin().await;
        plug_in(&browser).await;
        with_passkey(&browser, &url).await;
        let client = Client::anonymous(&url);
        let begin =
            async || client.post("/api/auth/login/passkey/begin", &json!({})).await.expect(200);

        let asked = begin().await;
        let right = answer(&browser, &asked).await;
        // Signed for one exchange, it is nothing in another.
        let mut swapped = right.clone();
        swapped["ceremony"] = begin().await["ceremony"].clone();
        client.post(FINISH, &swapped).await.expect(401);
        // Who it is for is not signed, and does not name another account.
        let asked = begin().await;
        let mut renamed = answer(&browser, &asked).await;
        renamed["credential"]["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        client.post(FINISH, &renamed).await.expect(401);
        assert_eq!(client.post(FINISH, &right).await.expect(200)["email"], "ann@example.org");
        // Heard on the way, it opens nothing more.
        client.post(FINISH, &right).await.expect(401);

        // Where a passkey cannot be trusted, none is asked for.
        let by_address = Client::anonymous(&service.url);
        by_address.post("/api/auth/login/passkey/begin", &json!({})).await.expect(403);
        // An SQLite database has one service, at one origin.
        let Some(elsewhere) = env.is_postgres().then(|| env.serve()) else {
            return browser.ends().await;
        };
        let other_url = by_name(&elsewhere.url);

        // A page at another origin that asks with this one's challenge: the browser says where.
        browser.page.goto(format!("{other_url}/login")).await.unwrap();
        let asked = begin().await;
        let phished = answer(&browser, &asked).await;
        client.post(FINISH, &phished).await.expect(401);

        // A refused answer is not to be tried again where it fits.
        let asked = begin().await;
        let phished = answer(&browser, &asked).await;
        client.post(FINISH, &phished).await.expect(401);
        Client::anonymous(&other_url).post(FINISH, &phished).await.expect(401);
        // There it would have been good, had it been asked for there.
        let other = Client::anonymous(&other_url);
        let asked = other.post("/api/auth/login/passkey/begin", &json!({})).await.expect(200);
        other.post(FINISH, &answer(&browser, &asked).await).await.expect(200);
        browser.ends().await;
    })
    .await;
}

async fn after_the_password_a_passkey_signs_in_only_while_that_sign_in_waits(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::begin().await;
        plug_in(&browser).await;
        with_passkey(&browser, &url).await;
        let begin = "/api/auth/login/passkey/begin";

        let waiting = Client::password_accepted(&url, "ann@example.org", PASSWORD).await;
        let mut answers = Vec::new();
        for _ in 0..2 {
            let asked = waiting.post(begin, &json!({})).await.expect(200);
            assert_eq!(asked["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
            answers.push(answer(&browser, &asked).await);
        }
        Client::anonymous(&url).post(FINISH, &answers[0]).await.expect(401);
        waiting.post(FINISH, &answers[0]).await.expect(200);
        // The sign-in waits no longer, whatever else was asked for it.
        waiting.post(FINISH, &answers[1]).await.expect(401);
        browser.ends().await;
    })
    .await;
}

async fn after_a_reset_a_passkey_alone_signs_in_only_once_it_is_reviewed(env: TestEnv) {
    within_two_minutes(async {
        let service = env.serve();
        let url = by_name(&service.url);
        let browser = BrowserSession::begin().await;
        plug_in(&browser).await;
        with_passkey(&browser, &url).await;

        let made = env.run(&["users", "reset", "ann@example.org"]);
        assert_eq!(made.code, Some(0), "{made:?}");
        let token = made.out.lines().next().unwrap().rsplit_once("token=").unwrap().1;
        browser.page.goto(format!("{url}/reset?token={token}")).await.unwrap();
        browser.types("password", NEW_PASSWORD).await;
        browser.enters("password").await;
        browser.shows("Your new password is set").await;
        browser.page.goto(format!("{url}/login")).await.unwrap();
        browser.follows("[data-passkeys] button").await;
        browser.shows("The password was reset").await;
        assert!(!browser.page.url().await.unwrap().unwrap().contains("/vehicles"));

        // It still is the second factor after the password.
        browser.types("email", "ann@example.org").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.enters("password").await;
        browser.shows("One more step.").await;
        browser.follows("[data-passkeys] button").await;
        browser.reaches("/vehicles").await;
        browser.shows("Your password was reset.").await;
        browser.page.goto(format!("{url}/settings/review")).await.unwrap();
        browser.shows("Telephone").await;
        browser.follows("form[action='/settings/review'] button").await;
        browser.shows("Checked.").await;
        log_out(&browser).await;
        browser.follows("[data-passkeys] button").await;
        browser.reaches("/vehicles").await;
        browser.ends().await;
        assert!(!service.log().contains("ERROR"), "{}", service.log());
    })
    .await;
}
