//! Tests of log-ins that must be rejected, because a provider or an attacker misbehaves.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    browser::{Browser, body_text, with_provider, with_sign_up_allowed},
    fake_provider::{FakeProvider, Misbehavior, new_es256_key, now},
};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    a_log_in_can_only_be_finished_in_the_browser_that_began_it,
    a_log_in_can_be_finished_once,
    a_log_in_expires_after_ten_minutes,
    a_code_from_another_log_in_is_rejected,
    log_ins_can_run_in_two_tabs,
    invalid_id_tokens_are_rejected,
    an_id_token_from_the_future_or_the_distant_past_is_rejected,
    an_unavailable_provider_does_not_affect_other_sign_ins,
    a_response_from_another_provider_is_rejected,
    an_error_from_the_provider_is_shown,
    a_log_in_redirects_only_to_local_paths,
    a_log_in_can_be_finished_once_across_instances,
];

async fn a_log_in_can_only_be_finished_in_the_browser_that_began_it(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut attacker = Browser::new(&app);
    let back = attacker.begin(&fake, "home", "mallory").await;
    let mut victim = Browser::new(&app);
    victim.begin(&fake, "home", "dana").await;
    for mut browser in [Browser::new(&app), victim] {
        let rejected = browser.get(&back).await;
        assert_eq!(rejected.status, 400);
        assert!(body_text(&rejected).contains("This sign-in has expired"), "{rejected:?}");
        assert!(!browser.is_signed_in().await);
    }
    for query in ["", "?code=x", "?state=x", "?code=x&state=x", "?state=x&state=x&code=x"] {
        let rejected = attacker.get(&format!("/login/oidc/home/callback{query}")).await;
        assert_eq!(rejected.status, 400, "{query}");
    }
    assert_eq!(fake.request_count("token"), 0);
    assert_eq!(attacker.get(&back).await.status, 303);
}

async fn a_log_in_can_be_finished_once(app: TestApp) {
    let fake = FakeProvider::start().await;
    fake.configure(|state| state.accepts_reused_codes = true);
    let app = with_sign_up_allowed(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let before = browser.at(&app);
    assert_eq!(browser.get(&back).await.status, 303);
    // Although the provider accepts a code twice, and with the original cookie.
    assert_eq!(before.at(&app).get(&back).await.status, 400);
    assert_eq!(fake.request_count("token"), 1);

    let mut other = Browser::new(&app);
    let back = other.begin(&fake, "home", "dana").await;
    let client = other.client();
    let all = futures_util::future::join_all((0..8).map(|_| client.get(&back))).await;
    assert_eq!(all.iter().filter(|it| it.status == 303).count(), 1, "{all:?}");
}

async fn a_log_in_expires_after_ten_minutes(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    app.app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(browser.get(&back).await.status, 400);
    assert_eq!(fake.request_count("token"), 0);
}

async fn a_code_from_another_log_in_is_rejected(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut attacker = Browser::new(&app);
    let stolen = attacker.begin(&fake, "home", "dana").await;
    let mut own = Browser::new(&app);
    let back = own.begin(&fake, "home", "mallory").await;
    let code =
        |back: &str| back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let mixed = back.replace(&code(&back), &code(&stolen));
    let rejected = own.get(&mixed).await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("Sign-in failed"), "{rejected:?}");
    assert!(!own.is_signed_in().await);
}

async fn log_ins_can_run_in_two_tabs(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut browser = Browser::new(&app);
    let first = browser.begin(&fake, "home", "dana").await;
    browser.begin(&fake, "home", "dana").await;
    assert_eq!(browser.get(&first).await.status, 303);
}

async fn invalid_id_tokens_are_rejected(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let wrong = [
        json!({ "iss": "https://other.example" }),
        json!({ "aud": "another client" }),
        json!({ "azp": "another client" }),
        json!({ "nonce": "another nonce" }),
        json!({ "nonce": null }),
        json!({ "exp": now() - 60 }),
        json!({ "sub": "" }),
        json!({ "sub": null }),
    ];
    for claims in wrong {
        fake.configure(|state| state.claims = claims.clone());
        let mut browser = Browser::new(&app);
        let rejected = browser.log_in(&fake, "home", "dana").await;
        assert_eq!(rejected.status, 403, "{claims}");
        assert!(body_text(&rejected).contains("Sign-in failed"), "{claims}: {rejected:?}");
        assert!(!browser.is_signed_in().await, "{claims}");
    }
    fake.configure(|state| state.claims = json!({}));
    for header in [json!({ "alg": "none" }), json!({ "alg": "HS256" }), json!({ "alg": "RS256" })] {
        fake.configure(|state| state.header = header.clone());
        let mut browser = Browser::new(&app);
        assert_eq!(browser.log_in(&fake, "home", "dana").await.status, 403, "{header}");
        assert!(!browser.is_signed_in().await, "{header}");
    }
    fake.configure(|state| {
        state.header = json!({});
        state.keys = vec![("first".to_owned(), new_es256_key())];
    });
    // The token is signed with a key that differs from the cached key with the same id.
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "dana").await.status, 403);
}

async fn an_id_token_from_the_future_or_the_distant_past_is_rejected(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    for (seconds, expected) in [(-7200, 403), (3600, 403), (60, 403), (-600, 303), (10, 303)] {
        fake.configure(|state| state.claims = json!({ "iat": now() + seconds }));
        let mut browser = Browser::new(&app);
        let answer = browser.log_in(&fake, "home", "dana").await;
        assert_eq!(answer.status, expected, "{seconds}: {answer:?}");
        assert_eq!(browser.is_signed_in().await, expected == 303, "{seconds}");
    }
}

async fn an_unavailable_provider_does_not_affect_other_sign_ins(app: TestApp) {
    let (fake, other) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = with_provider(&with_sign_up_allowed(&app, &fake), &fake, |config| {
        config.auth.providers.get_mut("home").unwrap().allow_sign_up = true;
        config.auth.providers.insert("work".to_owned(), other.settings());
        config.auth.providers.get_mut("work").unwrap().allow_sign_up = true;
    });
    fake.configure(|state| state.misbehavior = Misbehavior::ServerErrors);
    let mut browser = Browser::new(&app);
    let unavailable = browser.get("/login/oidc/home").await;
    assert_eq!((unavailable.status, unavailable.header("retry-after")), (503, "10"));
    assert!(body_text(&unavailable).contains("Home isn’t responding"), "{unavailable:?}");
    let token = fake.access_token("dana", &json!({}));
    let client = app.anonymous().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(client.get("/api/auth/me").await.status, 503);

    assert_eq!(app.anonymous().get("/login").await.status, 200);
    assert_eq!(Browser::new(&app).log_in(&other, "work", "dana").await.status, 303);
    let password = json!({ "email": "admin@example.org", "password": "correct horse battery" });
    assert_eq!(app.anonymous().post("/api/auth/login", password).await.status, 200);

    // The provider becomes unavailable before the code is exchanged.
    fake.configure(|state| state.misbehavior = Misbehavior::None);
    app.app.clock.advance(TimeDelta::seconds(10));
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    for misbehavior in [
        Misbehavior::ServerErrors,
        Misbehavior::OversizedResponses,
        Misbehavior::HtmlResponses,
        Misbehavior::Redirects,
    ] {
        fake.configure(|state| state.misbehavior = misbehavior);
        let rejected = browser.get(&back).await;
        assert!(matches!(rejected.status, 400 | 403 | 503), "{misbehavior:?}: {rejected:?}");
        assert!(!browser.is_signed_in().await, "{misbehavior:?}");
    }
}

async fn a_response_from_another_provider_is_rejected(app: TestApp) {
    let (fake, other) = (FakeProvider::start().await, FakeProvider::start().await);
    let app = with_provider(&app, &fake, |config| {
        config.auth.registration = crate::core::config::Registration::Open;
        config.auth.providers.insert("work".to_owned(), other.settings());
    });
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let elsewhere = back.replace("/oidc/home/", "/oidc/work/");
    assert_eq!(browser.get(&elsewhere).await.status, 400);
    let back = browser.begin(&fake, "home", "dana").await;
    let rejected = browser.get(&format!("{back}&iss={}", other.issuer)).await;
    assert_eq!(rejected.status, 403);
    assert_eq!((fake.request_count("token"), other.request_count("token")), (0, 0));
    let back = browser.begin(&fake, "home", "dana").await;
    assert_eq!(browser.get(&format!("{back}&iss={}", fake.issuer)).await.status, 303);

    let fake = FakeProvider::start().await;
    fake.configure(|state| state.advertises_iss = true);
    let app = with_sign_up_allowed(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    assert_eq!(browser.get(&back).await.status, 403);
}

async fn an_error_from_the_provider_is_shown(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let state = back.split_once("state=").unwrap().1;
    let callback = format!(
        "/login/oidc/home/callback?error=access_denied&error_description=Call+0900&state={state}"
    );
    let rejected = browser.get(&callback).await;
    assert_eq!(rejected.status, 403);
    assert!(body_text(&rejected).contains("Home rejected the sign-in"), "{rejected:?}");
    assert!(!body_text(&rejected).contains("0900"), "{rejected:?}");
    // Users who change their mind at the provider can still continue.
    assert_eq!(browser.get(&back).await.status, 303);
}

async fn a_log_in_redirects_only_to_local_paths(app: TestApp) {
    let fake = FakeProvider::start().await;
    let app = with_sign_up_allowed(&app, &fake);
    let long = format!("/{}", "x".repeat(3000));
    for (next, to) in [
        ("%2Fvehicles%3Fdeleted%3Dtrue", "/vehicles?deleted=true"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        (&long, "/"),
        ("", "/"),
    ] {
        let mut browser = Browser::new(&app);
        let started = browser.get(&format!("/login/oidc/home?next={next}")).await;
        let back = super::browser::local_path(&fake.log_in(started.header("location"), "dana"));
        assert_eq!(browser.get(&back).await.header("location"), to);
    }
}

async fn a_log_in_can_be_finished_once_across_instances(app: TestApp) {
    let fake = FakeProvider::start().await;
    fake.configure(|state| state.accepts_reused_codes = true);
    let (one, other) = (with_sign_up_allowed(&app, &fake), with_sign_up_allowed(&app, &fake));
    let mut browser = Browser::new(&one);
    let back = browser.begin(&fake, "home", "dana").await;
    let (here, there) = (browser.client(), browser.at(&other).client());
    let responses = futures_util::future::join_all([here.get(&back), there.get(&back)]).await;
    let statuses: Vec<_> = responses.iter().map(|it| it.status).collect();
    assert!(matches!(statuses[..], [303, 400] | [400, 303]), "{responses:?}");
    assert_eq!(there.get(&back).await.status, 400);
}
