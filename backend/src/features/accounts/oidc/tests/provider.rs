//! What is believed of a provider that misbehaves: nothing.

use chrono::TimeDelta;
use openidconnect::{PrivateSigningKey as _, core::CoreJwsSigningAlgorithm};
use serde_json::{Value, json};

use super::{
    super::{
        model::Refusal,
        provider::{Asked, Provider},
        tokens::{Unverified, Vouched},
    },
    fake::{Fake, Whim, es256, now, text},
};
use crate::testing::{NOW, block_on};

fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    NOW.parse::<chrono::DateTime<chrono::Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn known(fake: &Fake) -> Provider {
    Provider::new("home", &fake.settings(), "https://cars.example")
}

/// What is made of an ID token with these claims.
async fn id(fake: &Fake, provider: &Provider, more: &Value) -> Result<Vouched, Refusal> {
    let mut claims = fake.id_claims("dana", "the nonce");
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let token = fake.told.lock().unwrap().token(&claims);
    let token = token.parse().map_err(|error| Refusal::distrust(&error))?;
    provider.verify_id_token(at(0), &token, "the nonce").await
}

async fn access(
    fake: &Fake,
    provider: &Provider,
    more: &Value,
) -> Result<(Vouched, bool), Refusal> {
    let token = fake.access_token("dana", more);
    let Some(token) = Unverified::read(&token) else {
        return Err(Refusal::untrusted("it is no token"));
    };
    provider.verify_access_token(at(0), &token).await
}

fn is_untrusted<T: std::fmt::Debug>(result: Result<T, Refusal>, why: &str) {
    match result {
        Err(Refusal::Untrusted(told)) => assert!(told.contains(why), "{why}: {told}"),
        other => panic!("{why}: {other:?}"),
    }
}

fn is_away<T: std::fmt::Debug>(result: &Result<T, Refusal>, what: impl std::fmt::Debug) {
    assert!(matches!(result, Err(Refusal::Away)), "{what:?}: {result:?}");
}

#[test]
fn an_id_token_tells_whom_the_provider_vouches_for() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        let more = json!({ "email": "Dana@example.org", "email_verified": true });
        let vouched = id(&fake, &provider, &more).await.unwrap();
        assert_eq!((vouched.issuer, vouched.subject.as_str()), (fake.issuer.clone(), "dana"));
        assert_eq!(vouched.email.unwrap().as_str(), "Dana@example.org");
        assert_eq!(vouched.name.as_deref(), Some("Dana"));
    });
}

#[test]
fn an_address_that_is_not_verified_counts_for_nothing() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        for more in [
            json!({ "email": "dana@example.org" }),
            json!({ "email": "dana@example.org", "email_verified": false }),
            json!({ "email": "no address", "email_verified": true }),
        ] {
            assert!(id(&fake, &provider, &more).await.unwrap().email.is_none(), "{more}");
        }
    });
}

#[test]
fn an_id_token_that_is_not_for_this_log_in_is_refused() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        for (more, why) in [
            (json!({ "iss": "https://other.example" }), "Invalid issuer"),
            (json!({ "iss": format!("{}/", fake.issuer) }), "Invalid issuer"),
            (json!({ "aud": "another client" }), "Invalid audience"),
            (json!({ "aud": ["cars", "another client"] }), "Invalid audience"),
            (json!({ "aud": [] }), "Invalid audience"),
            (json!({ "azp": "another client" }), "another client"),
            (json!({ "nonce": "another nonce" }), "Invalid nonce"),
            (json!({ "nonce": null }), "Invalid nonce"),
            (json!({ "exp": now() - 31 }), "Expired"),
            (json!({ "sub": "" }), "subject"),
            (json!({ "sub": "a\u{0}b" }), "subject"),
            (json!({ "sub": "x".repeat(256) }), "subject"),
        ] {
            is_untrusted(id(&fake, &provider, &more).await, why);
        }
        id(&fake, &provider, &json!({ "azp": "cars", "exp": now() - 29 })).await.unwrap();
    });
}

#[test]
fn a_token_that_nobody_signed_is_refused() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        fake.tell(|told| told.header = json!({ "alg": "none" }));
        is_untrusted(id(&fake, &provider, &json!({})).await, "No signature");
        is_untrusted(access(&fake, &provider, &json!({})).await.map(|it| it.1), "No signature");
        fake.tell(|told| told.header = json!({}));
        let token = fake.access_token("dana", &json!({}));
        let (signed, _) = token.rsplit_once('.').unwrap();
        let bare = Unverified::read(&format!("{signed}.")).unwrap();
        is_untrusted(provider.verify_access_token(at(0), &bare).await.map(|it| it.1), "signature");
    });
}

#[test]
fn a_token_signed_with_what_everybody_knows_is_refused() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        let keys = fake.told.lock().unwrap().key_set();
        let public = &keys["keys"][0];
        let known_to_all = [
            public.to_string(),
            public["x"].as_str().unwrap().to_owned(),
            "the client's secret".to_owned(),
            String::new(),
        ];
        for secret in known_to_all {
            let header = json!({ "alg": "HS256", "kid": "first" });
            let claims = fake.id_claims("dana", "the nonce");
            let signed = format!("{}.{}", text(&header), text(&claims));
            let key = openidconnect::core::CoreHmacKey::new(secret.as_bytes());
            let signature =
                key.sign(&CoreJwsSigningAlgorithm::HmacSha256, signed.as_bytes()).unwrap();
            let token = format!("{signed}.{}", super::fake::encode(&signature));
            let token = token.parse().unwrap();
            let result = provider.verify_id_token(at(0), &token, "the nonce").await;
            is_untrusted(result, "HS256");
        }
    });
}

#[test]
fn a_token_signed_by_another_is_refused() {
    block_on(async {
        let (fake, other) = (Fake::start().await, Fake::start().await);
        let provider = known(&fake);
        id(&fake, &provider, &json!({})).await.unwrap();
        is_untrusted(id(&other, &provider, &json!({ "iss": fake.issuer })).await, "Signature");
        let more = json!({ "iss": fake.issuer });
        is_untrusted(access(&other, &provider, &more).await.map(|it| it.1), "Signature");
    });
}

#[test]
fn a_token_may_be_signed_with_rsa() {
    block_on(async {
        let fake = Fake::start().await;
        fake.tell(|told| told.keys = vec![("rsa".to_owned(), super::fake::rs256())]);
        id(&fake, &known(&fake), &json!({})).await.unwrap();
    });
}

#[test]
fn an_access_token_of_another_service_is_refused() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        access(&fake, &provider, &json!({})).await.unwrap();
        let both = json!({ "aud": ["another", "https://cars.example/api"], "nbf": now() + 29 });
        access(&fake, &provider, &both).await.unwrap();
        for (more, why) in [
            (json!({ "iss": "https://other.example" }), "Invalid issuer"),
            (json!({ "aud": "cars" }), "Invalid audience"),
            (json!({ "aud": null }), "Invalid audience"),
            (json!({ "exp": now() - 31 }), "Expired"),
            (json!({ "nbf": now() + 31 }), "does not hold yet"),
            (json!({ "nonce": "x" }), "ID token"),
            (json!({ "at_hash": "x" }), "ID token"),
            (json!({ "sub": "" }), "subject"),
        ] {
            is_untrusted(access(&fake, &provider, &more).await.map(|it| it.1), why);
        }
        for claim in ["exp", "sub", "iss"] {
            let token = fake.access_token("dana", &json!({ claim: null }));
            assert!(Unverified::read(&token).is_none(), "{claim}");
        }
        for (header, is_fine) in [
            (json!({ "typ": "at+jwt" }), true),
            (json!({ "typ": "application/at+jwt" }), true),
            (json!({ "typ": null }), true),
            (json!({ "typ": "logout+jwt" }), false),
            (json!({ "crit": ["b64"] }), false),
        ] {
            fake.tell(|told| told.header = header.clone());
            assert_eq!(access(&fake, &provider, &json!({})).await.is_ok(), is_fine, "{header}");
        }
        for noise in ["", "a", "a.b", "a.b.c", "....", "e30.e30.", "\u{e9}.x.y"] {
            assert!(Unverified::read(noise).is_none(), "{noise}");
        }
    });
}

#[test]
fn access_tokens_are_taken_only_where_an_audience_is_set() {
    block_on(async {
        let fake = Fake::start().await;
        let mut settings = fake.settings();
        settings.audience = None;
        let provider = Provider::new("home", &settings, "https://cars.example");
        is_untrusted(access(&fake, &provider, &json!({})).await.map(|it| it.1), "not taken");
    });
}

#[test]
fn an_access_token_writes_where_its_scope_says_so() {
    block_on(async {
        let fake = Fake::start().await;
        let mut settings = fake.settings();
        let any = Provider::new("home", &settings, "https://cars.example");
        settings.write_scope = Some("cars:write".to_owned());
        let scoped = Provider::new("home", &settings, "https://cars.example");
        for (more, may_write) in [
            (json!({}), false),
            (json!({ "scope": "cars:writes cars:read" }), false),
            (json!({ "scope": "openid cars:write" }), true),
            (json!({ "scp": ["cars:write"] }), true),
            (json!({ "scp": "cars:read cars:write" }), true),
        ] {
            assert!(access(&fake, &any, &more).await.unwrap().1);
            assert_eq!(access(&fake, &scoped, &more).await.unwrap().1, may_write, "{more}");
        }
    });
}

#[test]
fn keys_are_kept_and_rotated_ones_are_found() {
    block_on(async {
        let fake = Fake::start().await;
        let provider = known(&fake);
        let verify = |seconds| {
            let token = Unverified::read(&fake.access_token("dana", &json!({}))).unwrap();
            let provider = &provider;
            async move { provider.verify_access_token(at(seconds), &token).await.map(|it| it.1) }
        };
        for _ in 0..5 {
            verify(0).await.unwrap();
        }
        assert_eq!((fake.asked("metadata"), fake.asked("keys")), (1, 1));
        fake.tell(|told| told.keys = vec![("second".to_owned(), es256())]);
        // Once a minute at most, however many unknown keys tokens name.
        for second in [0, 1, 59] {
            is_untrusted(verify(second).await, "No matching key");
        }
        assert_eq!(fake.asked("keys"), 1);
        verify(60).await.unwrap();
        assert_eq!(fake.asked("keys"), 2);
        for n in 0..100 {
            fake.tell(|told| told.keys = vec![(format!("unknown-{n}"), es256())]);
            is_untrusted(verify(61).await, "No matching key");
        }
        assert_eq!((fake.asked("metadata"), fake.asked("keys")), (1, 2));
    });
}

#[test]
fn metadata_that_is_not_as_it_has_to_be_is_not_believed() {
    block_on(async {
        let fake = Fake::start().await;
        for whim in [
            Whim::Huge,
            Whim::Redirects,
            Whim::Html,
            Whim::OtherIssuer,
            Whim::UnsafeKeys,
            Whim::Down,
        ] {
            fake.tell(|told| told.whim = whim);
            let provider = known(&fake);
            let asked =
                Asked { state: String::new(), nonce: String::new(), verifier: "v".repeat(43) };
            is_away(&provider.authorization(at(0), &asked).await, whim);
            is_away(&id(&fake, &provider, &json!({})).await, whim);
        }
        // Nobody was led to the keys, and nothing was asked twice within ten seconds.
        assert_eq!((fake.asked("metadata"), fake.asked("keys")), (6, 0));
    });
}

#[test]
fn a_provider_that_never_answers_is_away_within_five_seconds() {
    block_on(async {
        let fake = Fake::start().await;
        fake.tell(|told| told.whim = Whim::Drips);
        let provider = known(&fake);
        let asked = std::time::Instant::now();
        let all = (0..20).map(|_| provider.metadata(at(0)));
        for result in futures::future::join_all(all).await {
            is_away(&result.map(|_| ()), Whim::Drips);
        }
        let took = asked.elapsed().as_secs_f32();
        assert!((4.9..8.0).contains(&took), "{took} s");
        assert_eq!(fake.asked("metadata"), 1);
    });
}
