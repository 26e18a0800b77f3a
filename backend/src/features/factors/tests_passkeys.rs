//! Passkey responses from an authenticator in software, whose client data a test can choose.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::tests::at_localhost;
use crate::testing::{TestApp, on_every_engine};

on_every_engine![a_response_from_a_cross_origin_frame_is_rejected];

/// Authenticator data flags: the user is present and verified.
const USER_PRESENT_AND_VERIFIED: u8 = 0x05;
/// Authenticator data flag: the response contains a new public key.
const HAS_CREDENTIAL_DATA: u8 = 0x40;

struct SoftwareAuthenticator {
    key: SigningKey,
    id: [u8; 16],
}

impl SoftwareAuthenticator {
    fn new() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        // About one random number in 2^32 is not a valid key.
        Self { key: SigningKey::from_slice(&bytes).unwrap(), id: *Uuid::new_v4().as_bytes() }
    }

    /// The client data that is signed with the response.
    fn client_data(kind: &str, challenge: &Value, is_cross_origin: bool) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": challenge["publicKey"]["challenge"],
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

    fn create(&self, challenge: &Value, is_cross_origin: bool) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        // In CBOR: an EC2 key (2) for ES256 (-7), on the curve P-256 (1), and its point.
        let head: &[u8] = &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        let key = [head, &x[..], &[0x22, 0x58, 32], &y[..]].concat();
        let data = Self::data(USER_PRESENT_AND_VERIFIED | HAS_CREDENTIAL_DATA);
        let data = [&data[..], &[0; 16], &[0, 16], &self.id, &key].concat();
        let length = u8::try_from(data.len()).unwrap();
        let object =
            [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", &[length][..], &data].concat();
        let client_data = Self::client_data("webauthn.create", challenge, is_cross_origin);
        self.credential(&json!({
            "attestationObject": BASE64.encode(object),
            "clientDataJSON": BASE64.encode(client_data),
        }))
    }

    fn get(&self, challenge: &Value, account: &str, is_cross_origin: bool) -> Value {
        let client_data = Self::client_data("webauthn.get", challenge, is_cross_origin);
        let data = Self::data(USER_PRESENT_AND_VERIFIED);
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

async fn a_response_from_a_cross_origin_frame_is_rejected(app: TestApp) {
    let ann = app.register("ann@example.org").await;
    let account = ann.get("/api/auth/me").await.id();
    let authenticator = SoftwareAuthenticator::new();
    for (is_cross_origin, expected) in [(true, 422), (false, 201)] {
        let challenge = at_localhost(&ann, "/api/auth/passkeys/begin", &json!({})).await.body;
        let credential = authenticator.create(&challenge, is_cross_origin);
        let answer =
            json!({ "ceremony": challenge["ceremony"], "name": "Key", "credential": credential });
        let answer = at_localhost(&ann, "/api/auth/passkeys/finish", &answer).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    let anonymous = app.anonymous();
    for (is_cross_origin, expected) in [(true, 401), (false, 200)] {
        let challenge =
            at_localhost(&anonymous, "/api/auth/login/passkey/begin", &json!({})).await.body;
        let credential = authenticator.get(&challenge, &account, is_cross_origin);
        let answer = json!({ "ceremony": challenge["ceremony"], "credential": credential });
        let answer = at_localhost(&anonymous, "/api/auth/login/passkey/finish", &answer).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
}
