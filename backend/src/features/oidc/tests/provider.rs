//! Tests of verifying tokens and of providers that misbehave.

use chrono::TimeDelta;
use openidconnect::{PrivateSigningKey as _, core::CoreJwsSigningAlgorithm};
use serde_json::{Value, json};

use super::{
    super::{
        model::OidcError,
        provider::{AuthorizationRequest, Provider},
        tokens::{UnverifiedToken, VerifiedIdentity},
    },
    fake_provider::{FakeProvider, Misbehavior, new_es256_key, now, text},
};
use crate::testing::{NOW, block_on};

fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    NOW.parse::<chrono::DateTime<chrono::Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn provider_for(fake: &FakeProvider) -> Provider {
    Provider::new("home", &fake.settings(), "https://cars.example")
}

/// Verifies an ID token with overridden claims.
async fn verify_id_token(
    fake: &FakeProvider,
    provider: &Provider,
    overrides: &Value,
) -> Result<VerifiedIdentity, OidcError> {
    let mut claims = fake.id_claims("dana", "the nonce");
    for (name, value) in overrides.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let token = fake.state.lock().unwrap().token(&claims);
    let token = token.parse().map_err(|error| OidcError::untrusted_because(&error))?;
    provider.verify_id_token(at(0), &token, "the nonce").await
}

async fn verify_access_token(
    fake: &FakeProvider,
    provider: &Provider,
    overrides: &Value,
) -> Result<(VerifiedIdentity, bool), OidcError> {
    let token = fake.access_token("dana", overrides);
    let Some(token) = UnverifiedToken::parse(&token) else {
        return Err(OidcError::untrusted("malformed token"));
    };
    provider.verify_access_token(at(0), &token).await
}

fn assert_untrusted<T: std::fmt::Debug>(result: Result<T, OidcError>, why: &str) {
    match result {
        Err(OidcError::Untrusted(reason)) => assert!(reason.contains(why), "{why}: {reason}"),
        other => panic!("{why}: {other:?}"),
    }
}

fn assert_unavailable<T: std::fmt::Debug>(
    result: &Result<T, OidcError>,
    what: impl std::fmt::Debug,
) {
    assert!(matches!(result, Err(OidcError::Unavailable)), "{what:?}: {result:?}");
}

#[test]
fn an_id_token_gives_the_users_identity() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        let overrides = json!({ "email": "Dana@example.org", "email_verified": true });
        let identity = verify_id_token(&fake, &provider, &overrides).await.unwrap();
        assert_eq!((identity.issuer, identity.subject.as_str()), (fake.issuer.clone(), "dana"));
        assert_eq!(identity.email.unwrap().as_str(), "Dana@example.org");
        assert_eq!(identity.name.as_deref(), Some("Dana"));
    });
}

#[test]
fn an_unverified_address_is_ignored() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        for overrides in [
            json!({ "email": "dana@example.org" }),
            json!({ "email": "dana@example.org", "email_verified": false }),
            json!({ "email": "no address", "email_verified": true }),
        ] {
            assert!(
                verify_id_token(&fake, &provider, &overrides).await.unwrap().email.is_none(),
                "{overrides}"
            );
        }
    });
}

#[test]
fn an_id_token_with_wrong_claims_is_rejected() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        for (overrides, why) in [
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
            assert_untrusted(verify_id_token(&fake, &provider, &overrides).await, why);
        }
        verify_id_token(&fake, &provider, &json!({ "azp": "cars", "exp": now() - 29 }))
            .await
            .unwrap();
    });
}

#[test]
fn an_unsigned_token_is_rejected() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        fake.configure(|state| state.header = json!({ "alg": "none" }));
        assert_untrusted(verify_id_token(&fake, &provider, &json!({})).await, "No signature");
        assert_untrusted(
            verify_access_token(&fake, &provider, &json!({})).await.map(|it| it.1),
            "No signature",
        );
        fake.configure(|state| state.header = json!({}));
        let token = fake.access_token("dana", &json!({}));
        let (signed, _) = token.rsplit_once('.').unwrap();
        let unsigned = UnverifiedToken::parse(&format!("{signed}.")).unwrap();
        assert_untrusted(
            provider.verify_access_token(at(0), &unsigned).await.map(|it| it.1),
            "signature",
        );
    });
}

#[test]
fn a_token_signed_with_a_symmetric_key_is_rejected() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        let keys = fake.state.lock().unwrap().key_set();
        let public = &keys["keys"][0];
        let public_secrets = [
            public.to_string(),
            public["x"].as_str().unwrap().to_owned(),
            "the client's secret".to_owned(),
            String::new(),
        ];
        for secret in public_secrets {
            let header = json!({ "alg": "HS256", "kid": "first" });
            let claims = fake.id_claims("dana", "the nonce");
            let signed = format!("{}.{}", text(&header), text(&claims));
            let key = openidconnect::core::CoreHmacKey::new(secret.as_bytes());
            let signature =
                key.sign(&CoreJwsSigningAlgorithm::HmacSha256, signed.as_bytes()).unwrap();
            let token = format!("{signed}.{}", super::fake_provider::encode(&signature));
            let token = token.parse().unwrap();
            let result = provider.verify_id_token(at(0), &token, "the nonce").await;
            assert_untrusted(result, "HS256");
        }
    });
}

#[test]
fn a_token_signed_by_another_provider_is_rejected() {
    block_on(async {
        let (fake, other) = (FakeProvider::start().await, FakeProvider::start().await);
        let provider = provider_for(&fake);
        verify_id_token(&fake, &provider, &json!({})).await.unwrap();
        assert_untrusted(
            verify_id_token(&other, &provider, &json!({ "iss": fake.issuer })).await,
            "Signature",
        );
        let overrides = json!({ "iss": fake.issuer });
        assert_untrusted(
            verify_access_token(&other, &provider, &overrides).await.map(|it| it.1),
            "Signature",
        );
    });
}

#[test]
fn a_token_signed_with_rsa_is_accepted() {
    block_on(async {
        let fake = FakeProvider::start().await;
        fake.configure(|state| {
            state.keys = vec![("rsa".to_owned(), super::fake_provider::new_rs256_key())];
        });
        verify_id_token(&fake, &provider_for(&fake), &json!({})).await.unwrap();
    });
}

#[test]
fn an_access_token_with_wrong_claims_is_rejected() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        verify_access_token(&fake, &provider, &json!({})).await.unwrap();
        let both = json!({ "aud": ["another", "https://cars.example/api"], "nbf": now() + 29 });
        verify_access_token(&fake, &provider, &both).await.unwrap();
        for (overrides, why) in [
            (json!({ "iss": "https://other.example" }), "Invalid issuer"),
            (json!({ "aud": "cars" }), "Invalid audience"),
            (json!({ "aud": null }), "Invalid audience"),
            (json!({ "exp": now() - 31 }), "Expired"),
            (json!({ "nbf": now() + 31 }), "not valid yet"),
            (json!({ "nonce": "x" }), "ID token"),
            (json!({ "at_hash": "x" }), "ID token"),
            (json!({ "sub": "" }), "subject"),
        ] {
            assert_untrusted(
                verify_access_token(&fake, &provider, &overrides).await.map(|it| it.1),
                why,
            );
        }
        for claim in ["exp", "sub", "iss"] {
            let token = fake.access_token("dana", &json!({ claim: null }));
            assert!(UnverifiedToken::parse(&token).is_none(), "{claim}");
        }
        for (header, is_accepted) in [
            (json!({ "typ": "at+jwt" }), true),
            (json!({ "typ": "application/at+jwt" }), true),
            (json!({ "typ": null }), true),
            (json!({ "typ": "logout+jwt" }), false),
            (json!({ "crit": ["b64"] }), false),
        ] {
            fake.configure(|state| state.header = header.clone());
            assert_eq!(
                verify_access_token(&fake, &provider, &json!({})).await.is_ok(),
                is_accepted,
                "{header}"
            );
        }
        for malformed in ["", "a", "a.b", "a.b.c", "....", "e30.e30.", "\u{e9}.x.y"] {
            assert!(UnverifiedToken::parse(malformed).is_none(), "{malformed}");
        }
    });
}

#[test]
fn access_tokens_are_accepted_only_with_a_configured_audience() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let mut settings = fake.settings();
        settings.audience = None;
        let provider = Provider::new("home", &settings, "https://cars.example");
        assert_untrusted(
            verify_access_token(&fake, &provider, &json!({})).await.map(|it| it.1),
            "not accepted",
        );
    });
}

#[test]
fn write_access_requires_the_configured_scope() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let mut settings = fake.settings();
        let unscoped = Provider::new("home", &settings, "https://cars.example");
        settings.write_scope = Some("cars:write".to_owned());
        let scoped = Provider::new("home", &settings, "https://cars.example");
        for (overrides, may_write) in [
            (json!({}), false),
            (json!({ "scope": "cars:writes cars:read" }), false),
            (json!({ "scope": "openid cars:write" }), true),
            (json!({ "scp": ["cars:write"] }), true),
            (json!({ "scp": "cars:read cars:write" }), true),
        ] {
            assert!(verify_access_token(&fake, &unscoped, &overrides).await.unwrap().1);
            assert_eq!(
                verify_access_token(&fake, &scoped, &overrides).await.unwrap().1,
                may_write,
                "{overrides}"
            );
        }
    });
}

#[test]
fn keys_are_cached_and_rotated_keys_are_fetched() {
    block_on(async {
        let fake = FakeProvider::start().await;
        let provider = provider_for(&fake);
        let verify = |seconds| {
            let token = UnverifiedToken::parse(&fake.access_token("dana", &json!({}))).unwrap();
            let provider = &provider;
            async move { provider.verify_access_token(at(seconds), &token).await.map(|it| it.1) }
        };
        for _ in 0..5 {
            verify(0).await.unwrap();
        }
        assert_eq!((fake.request_count("metadata"), fake.request_count("keys")), (1, 1));
        fake.configure(|state| state.keys = vec![("second".to_owned(), new_es256_key())]);
        // Keys are fetched at most once a minute, however many unknown keys tokens name.
        for second in [0, 1, 59] {
            assert_untrusted(verify(second).await, "No matching key");
        }
        assert_eq!(fake.request_count("keys"), 1);
        verify(60).await.unwrap();
        assert_eq!(fake.request_count("keys"), 2);
        for n in 0..100 {
            fake.configure(|state| state.keys = vec![(format!("unknown-{n}"), new_es256_key())]);
            assert_untrusted(verify(61).await, "No matching key");
        }
        assert_eq!((fake.request_count("metadata"), fake.request_count("keys")), (1, 2));
    });
}

#[test]
fn invalid_metadata_is_rejected() {
    block_on(async {
        let fake = FakeProvider::start().await;
        for misbehavior in [
            Misbehavior::OversizedResponses,
            Misbehavior::Redirects,
            Misbehavior::HtmlResponses,
            Misbehavior::WrongIssuer,
            Misbehavior::InsecureKeysUrl,
            Misbehavior::ServerErrors,
        ] {
            fake.configure(|state| state.misbehavior = misbehavior);
            let provider = provider_for(&fake);
            let request = AuthorizationRequest {
                state: String::new(),
                nonce: String::new(),
                verifier: "v".repeat(43),
            };
            assert_unavailable(&provider.authorization_url(at(0), &request).await, misbehavior);
            assert_unavailable(&verify_id_token(&fake, &provider, &json!({})).await, misbehavior);
        }
        // The keys were never requested, and failed requests were not repeated within ten seconds.
        assert_eq!((fake.request_count("metadata"), fake.request_count("keys")), (6, 0));
    });
}

#[test]
fn a_provider_that_never_responds_times_out_after_five_seconds() {
    block_on(async {
        let fake = FakeProvider::start().await;
        fake.configure(|state| state.misbehavior = Misbehavior::NeverCompletes);
        let provider = provider_for(&fake);
        let started = std::time::Instant::now();
        let all = (0..20).map(|_| provider.metadata(at(0)));
        for result in futures_util::future::join_all(all).await {
            assert_unavailable(&result.map(|_| ()), Misbehavior::NeverCompletes);
        }
        let took = started.elapsed().as_secs_f32();
        assert!((4.9..8.0).contains(&took), "{took} s");
        assert_eq!(fake.request_count("metadata"), 1);
    });
}
