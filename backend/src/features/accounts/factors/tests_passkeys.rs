//! Answers of a passkey in software, which says of its browser whatever a test wants.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tests::at_localhost;
use crate::testing::{TestApp, on_every_engine};

on_every_engine![an_answer_from_a_frame_in_another_sites_page_is_rejected];

/// What an authenticator says of its owner: present and verified.
const VERIFIED: u8 = 0x05;
/// Its answer has a new key.
const HAS_KEY: u8 = 0x40;

struct Authenticator {
    key: SigningKey,
    id: [u8; 16],
}

impl Authenticator {
    fn new() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        // Of 2^32 random numbers, one is no key.
        Self { key: SigningKey::from_slice(&bytes).unwrap(), id: *Uuid::new_v4().as_bytes() }
    }

    /// What the browser signs with the answer.
    fn client_data(kind: &str, asked: &Value, is_cross_origin: bool) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": asked["publicKey"]["challenge"],
            "origin": "http://localhost:3001", "crossOrigin": is_cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn data(flags: u8) -> Vec<u8> {
        [&Sha256::digest("localhost")[..], &[flags], &[0; 4]].concat()
    }

    fn credential(&self, response: &Value) -> Value {
        let id = BASE64.encode(self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {} })
    }

    fn create(&self, asked: &Value, is_cross_origin: bool) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        // In CBOR: an elliptic key (2) for ES256 (-7), on the curve P-256 (1), and its point.
        let head: &[u8] = &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        let key = [head, &x[..], &[0x22, 0x58, 32], &y[..]].concat();
        let data = Self::data(VERIFIED | HAS_KEY);
        let data = [&data[..], &[0; 16], &[0, 16], &self.id, &key].concat();
        let length = u8::try_from(data.len()).unwrap();
        let object =
            [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", &[length][..], &data].concat();
        let client_data = Self::client_data("webauthn.create", asked, is_cross_origin);
        self.credential(&json!({
            "attestationObject": BASE64.encode(object),
            "clientDataJSON": BASE64.encode(client_data),
        }))
    }

    fn get(&self, asked: &Value, account: &str, is_cross_origin: bool) -> Value {
        let client_data = Self::client_data("webauthn.get", asked, is_cross_origin);
        let data = Self::data(VERIFIED);
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&signed);
        self.credential(&json!({
            "authenticatorData": BASE64.encode(data),
            "clientDataJSON": BASE64.encode(client_data),
            "signature": BASE64.encode(signature.to_der().as_bytes()),
            "userHandle": BASE64.encode(account.parse::<Uuid>().unwrap().as_bytes()),
        }))
    }
}

async fn an_answer_from_a_frame_in_another_sites_page_is_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let account = ann.get("/api/auth/me").await.id();
    let authenticator = Authenticator::new();
    for (is_cross_origin, expected) in [(true, 422), (false, 201)] {
        let asked = at_localhost(&ann, "/api/auth/passkeys/begin", &json!({})).await.body;
        let credential = authenticator.create(&asked, is_cross_origin);
        let answer =
            json!({ "ceremony": asked["ceremony"], "name": "Key", "credential": credential });
        let answer = at_localhost(&ann, "/api/auth/passkeys/finish", &answer).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    let nobody = app.nobody();
    for (is_cross_origin, expected) in [(true, 401), (false, 200)] {
        let asked = at_localhost(&nobody, "/api/auth/login/passkey/begin", &json!({})).await.body;
        let credential = authenticator.get(&asked, &account, is_cross_origin);
        let answer = json!({ "ceremony": asked["ceremony"], "credential": credential });
        let answer = at_localhost(&nobody, "/api/auth/login/passkey/finish", &answer).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
}
