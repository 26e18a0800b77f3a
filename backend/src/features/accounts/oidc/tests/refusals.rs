//! Log-ins that open nothing: a provider, or somebody else, misbehaves.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    browser::{Browser, open_to_all, text, with_provider},
    fake::{Fake, Whim, es256, now},
};
use crate::testing::{TestApp, on_every_engine};

on_every_engine![
    a_log_in_ends_only_in_the_browser_that_began_it,
    a_log_in_ends_once,
    a_log_in_ends_within_ten_minutes,
    a_code_of_another_log_in_opens_nothing,
    two_tabs_may_log_in_at_once,
    what_a_provider_says_wrongly_opens_nothing,
    an_id_token_from_the_future_or_the_distant_past_is_rejected,
    a_provider_that_is_away_harms_nobody_else,
    a_browser_that_another_provider_sends_opens_nothing,
    a_provider_that_lets_nobody_in_is_told_of,
    a_log_in_leads_back_and_never_away,
    a_log_in_ends_once_on_all_instances,
];

async fn a_log_in_ends_only_in_the_browser_that_began_it(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut attacker = Browser::new(&app);
    let back = attacker.begin(&fake, "home", "mallory").await;
    let mut victim = Browser::new(&app);
    victim.begin(&fake, "home", "dana").await;
    for mut browser in [Browser::new(&app), victim] {
        let refused = browser.get(&back).await;
        assert_eq!(refused.status, 400);
        assert!(text(&refused).contains("This log-in has ended"), "{refused:?}");
        assert!(!browser.is_signed_in().await);
    }
    for query in ["", "?code=x", "?state=x", "?code=x&state=x", "?state=x&state=x&code=x"] {
        let refused = attacker.get(&format!("/login/oidc/home/callback{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
    }
    assert_eq!(fake.asked("token"), 0);
    assert_eq!(attacker.get(&back).await.status, 303);
}

async fn a_log_in_ends_once(app: TestApp) {
    let fake = Fake::start().await;
    fake.tell(|told| told.replays = true);
    let app = open_to_all(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let before = browser.at(&app);
    assert_eq!(browser.get(&back).await.status, 303);
    // Even where the provider takes a code twice, and with the cookie that began it.
    assert_eq!(before.at(&app).get(&back).await.status, 400);
    assert_eq!(fake.asked("token"), 1);

    let mut other = Browser::new(&app);
    let back = other.begin(&fake, "home", "dana").await;
    let asking = other.asking();
    let all = futures::future::join_all((0..8).map(|_| asking.get(&back))).await;
    assert_eq!(all.iter().filter(|it| it.status == 303).count(), 1, "{all:?}");
}

async fn a_log_in_ends_within_ten_minutes(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    app.app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(browser.get(&back).await.status, 400);
    assert_eq!(fake.asked("token"), 0);
}

async fn a_code_of_another_log_in_opens_nothing(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut attacker = Browser::new(&app);
    let stolen = attacker.begin(&fake, "home", "dana").await;
    let mut own = Browser::new(&app);
    let back = own.begin(&fake, "home", "mallory").await;
    let code =
        |back: &str| back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    let mixed = back.replace(&code(&back), &code(&stolen));
    let refused = own.get(&mixed).await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Logging in failed"), "{refused:?}");
    assert!(!own.is_signed_in().await);
}

async fn two_tabs_may_log_in_at_once(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut browser = Browser::new(&app);
    let first = browser.begin(&fake, "home", "dana").await;
    browser.begin(&fake, "home", "dana").await;
    assert_eq!(browser.get(&first).await.status, 303);
}

async fn what_a_provider_says_wrongly_opens_nothing(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
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
        fake.tell(|told| told.claims = claims.clone());
        let mut browser = Browser::new(&app);
        let refused = browser.log_in(&fake, "home", "dana").await;
        assert_eq!(refused.status, 403, "{claims}");
        assert!(text(&refused).contains("Logging in failed"), "{claims}: {refused:?}");
        assert!(!browser.is_signed_in().await, "{claims}");
    }
    fake.tell(|told| told.claims = json!({}));
    for header in [json!({ "alg": "none" }), json!({ "alg": "HS256" }), json!({ "alg": "RS256" })] {
        fake.tell(|told| told.header = header.clone());
        let mut browser = Browser::new(&app);
        assert_eq!(browser.log_in(&fake, "home", "dana").await.status, 403, "{header}");
        assert!(!browser.is_signed_in().await, "{header}");
    }
    fake.tell(|told| {
        told.header = json!({});
        told.keys = vec![("first".to_owned(), es256())];
    });
    // A key that the provider has not published: the one known by that name is another.
    assert_eq!(Browser::new(&app).log_in(&fake, "home", "dana").await.status, 403);
}

async fn an_id_token_from_the_future_or_the_distant_past_is_rejected(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    for (seconds, expected) in [(-7200, 403), (3600, 403), (60, 403), (-600, 303), (10, 303)] {
        fake.tell(|told| told.claims = json!({ "iat": now() + seconds }));
        let mut browser = Browser::new(&app);
        let answer = browser.log_in(&fake, "home", "dana").await;
        assert_eq!(answer.status, expected, "{seconds}: {answer:?}");
        assert_eq!(browser.is_signed_in().await, expected == 303, "{seconds}");
    }
}

async fn a_provider_that_is_away_harms_nobody_else(app: TestApp) {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    let app = with_provider(&open_to_all(&app, &fake), &fake, |config| {
        config.auth.providers.get_mut("home").unwrap().allow_sign_up = true;
        config.auth.providers.insert("work".to_owned(), other.settings());
        config.auth.providers.get_mut("work").unwrap().allow_sign_up = true;
    });
    fake.tell(|told| told.whim = Whim::Down);
    let mut browser = Browser::new(&app);
    let away = browser.get("/login/oidc/home").await;
    assert_eq!((away.status, away.header("retry-after")), (503, "10"));
    assert!(text(&away).contains("Home does not answer now"), "{away:?}");
    let token = fake.access_token("dana", &json!({}));
    let program = app.nobody().with_header("authorization", &format!("Bearer {token}"));
    assert_eq!(program.get("/api/auth/me").await.status, 503);

    assert_eq!(app.nobody().get("/login").await.status, 200);
    assert_eq!(Browser::new(&app).log_in(&other, "work", "dana").await.status, 303);
    let password = json!({ "email": "admin@example.org", "password": "correct horse battery" });
    assert_eq!(app.nobody().post("/api/auth/login", password).await.status, 200);

    // Away only when the code is exchanged: nobody gets in, and nothing breaks.
    fake.tell(|told| told.whim = Whim::None);
    app.app.clock.advance(TimeDelta::seconds(10));
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    for whim in [Whim::Down, Whim::Huge, Whim::Html, Whim::Redirects] {
        fake.tell(|told| told.whim = whim);
        let refused = browser.get(&back).await;
        assert!(matches!(refused.status, 400 | 403 | 503), "{whim:?}: {refused:?}");
        assert!(!browser.is_signed_in().await, "{whim:?}");
    }
}

async fn a_browser_that_another_provider_sends_opens_nothing(app: TestApp) {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    let app = with_provider(&app, &fake, |config| {
        config.auth.registration = crate::core::config::Registration::Open;
        config.auth.providers.insert("work".to_owned(), other.settings());
    });
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let elsewhere = back.replace("/oidc/home/", "/oidc/work/");
    assert_eq!(browser.get(&elsewhere).await.status, 400);
    let back = browser.begin(&fake, "home", "dana").await;
    let refused = browser.get(&format!("{back}&iss={}", other.issuer)).await;
    assert_eq!(refused.status, 403);
    assert_eq!((fake.asked("token"), other.asked("token")), (0, 0));
    let back = browser.begin(&fake, "home", "dana").await;
    assert_eq!(browser.get(&format!("{back}&iss={}", fake.issuer)).await.status, 303);

    let fake = Fake::start().await;
    fake.tell(|told| told.names_itself = true);
    let app = open_to_all(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    assert_eq!(browser.get(&back).await.status, 403);
}

async fn a_provider_that_lets_nobody_in_is_told_of(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let mut browser = Browser::new(&app);
    let back = browser.begin(&fake, "home", "dana").await;
    let state = back.split_once("state=").unwrap().1;
    let told = format!(
        "/login/oidc/home/callback?error=access_denied&error_description=Call+0900&state={state}"
    );
    let refused = browser.get(&told).await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Home let nobody in"), "{refused:?}");
    assert!(!text(&refused).contains("0900"), "{refused:?}");
    // Someone who changes their mind at the provider may go on.
    assert_eq!(browser.get(&back).await.status, 303);
}

async fn a_log_in_leads_back_and_never_away(app: TestApp) {
    let fake = Fake::start().await;
    let app = open_to_all(&app, &fake);
    let long = format!("/{}", "x".repeat(3000));
    for (next, to) in [
        ("%2Fvehicles%3Fdeleted%3Dtrue", "/vehicles?deleted=true"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        (&long, "/"),
        ("", "/"),
    ] {
        let mut browser = Browser::new(&app);
        let begun = browser.get(&format!("/login/oidc/home?next={next}")).await;
        let back = super::browser::local(&fake.log_in(begun.header("location"), "dana"));
        assert_eq!(browser.get(&back).await.header("location"), to);
    }
}

async fn a_log_in_ends_once_on_all_instances(app: TestApp) {
    let fake = Fake::start().await;
    fake.tell(|told| told.replays = true);
    let (one, other) = (open_to_all(&app, &fake), open_to_all(&app, &fake));
    let mut browser = Browser::new(&one);
    let back = browser.begin(&fake, "home", "dana").await;
    let (here, there) = (browser.asking(), browser.at(&other).asking());
    let ended = futures::future::join_all([here.get(&back), there.get(&back)]).await;
    let statuses: Vec<_> = ended.iter().map(|it| it.status).collect();
    assert!(matches!(statuses[..], [303, 400] | [400, 303]), "{ended:?}");
    assert_eq!(there.get(&back).await.status, 400);
}
