//! Whether a token is the provider's, meant for this service, and of now.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use openidconnect::{
    AdditionalClaims, Audience, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims,
    IdTokenVerifier, IssuerUrl, JsonWebTokenType, Nonce, SignatureVerificationError,
    core::{
        CoreGenderClaim, CoreIdToken, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    },
};
use serde::{Deserialize, Serialize};

use super::{model::Refusal, provider::Provider};
use crate::{
    core::input::{Field as _, FieldValue, Text, strip_invisible},
    features::accounts::model::Email,
};

/// How much a provider's clock may differ from ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// How old an ID token may be: it is issued during the log-in, which ends within ten minutes.
const OLDEST: TimeDelta = TimeDelta::hours(1);

/// What may have signed a token: the provider's private key, of whatever kind. Neither nothing
/// nor a secret that this service, or everybody, knows.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Somebody whom a provider vouches for.
#[derive(Debug)]
pub(super) struct Vouched {
    /// Who says so.
    pub(super) issuer: String,
    /// Whom it means: unique to the issuer, and never given to anybody else.
    pub(super) subject: String,
    /// An e-mail address that the provider has found to be theirs.
    pub(super) email: Option<Email>,
    /// What they are called.
    pub(super) name: Option<String>,
}

/// What an access token has besides what every token has.
#[derive(Debug, Deserialize, Serialize)]
struct AccessClaims {
    /// Since when it holds.
    nbf: Option<i64>,
    /// What it may be used for, with spaces between (RFC 9068, 2.2.3).
    scope: Option<String>,
    /// The same, as some providers say it.
    scp: Option<Scopes>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Scopes {
    One(String),
    Many(Vec<String>),
}

impl AdditionalClaims for AccessClaims {}

impl AccessClaims {
    fn has(&self, wanted: &str) -> bool {
        let is_in = |text: &str| text.split(' ').any(|it| it == wanted);
        self.scope.as_deref().is_some_and(is_in)
            || match &self.scp {
                Some(Scopes::One(text)) => is_in(text),
                Some(Scopes::Many(scopes)) => scopes.iter().any(|it| it == wanted),
                None => false,
            }
    }
}

type AccessToken = IdToken<
    AccessClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// An access token that is not yet known to be anybody's.
pub(super) struct Unverified(AccessToken);

impl Unverified {
    /// Reads a token; its text is bounded by the header that it comes in.
    pub(super) fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// Which issuer it says it is of: only to know whom to ask for the keys.
    pub(super) fn issuer(&self) -> Option<String> {
        let any = IdTokenVerifier::<CoreJsonWebKey>::new_insecure_without_verification()
            .set_time_fn(|| DateTime::<Utc>::MIN_UTC)
            .allow_all_jose_types();
        let claims = self.0.claims(&any, |_: Option<&Nonce>| Ok(())).ok()?;
        Some(claims.issuer().to_string())
    }
}

impl Provider {
    /// Whom an ID token means, which answers the log-in that sent `nonce`.
    pub(super) async fn verify_id_token(
        &self,
        now: DateTime<Utc>,
        token: &CoreIdToken,
        nonce: &str,
    ) -> Result<Vouched, Refusal> {
        let nonce = Nonce::new(nonce.to_owned());
        let id = ClientId::new(self.settings.client_id.clone());
        let verified = self.verify(
            now,
            token,
            &id,
            |verifier| {
                verifier.set_issue_time_verifier_fn(move |issued_at| {
                    if issued_at > now + LEEWAY {
                        return Err("the token was issued in the future".to_owned());
                    }
                    if issued_at < now - OLDEST {
                        return Err("the token was issued too long ago".to_owned());
                    }
                    Ok(())
                })
            },
            || |got: Option<&Nonce>| openidconnect::NonceVerifier::verify(&nonce, got),
        );
        let claims = verified.await?;
        if claims.authorized_party().is_some_and(|party| *party != id) {
            return Err(Refusal::untrusted("the token was given to another client"));
        }
        vouched(claims)
    }

    /// Whom an access token means, and whether it may be used to change anything.
    pub(super) async fn verify_access_token(
        &self,
        now: DateTime<Utc>,
        token: &Unverified,
    ) -> Result<(Vouched, bool), Refusal> {
        let Some(audience) = &self.settings.audience else {
            return Err(Refusal::untrusted("access tokens of this provider are not taken"));
        };
        let id = ClientId::new(audience.clone());
        let types = ["at+jwt", "jwt"]
            .iter()
            .filter_map(|it| JsonWebTokenType::new((*it).to_owned()).normalize().ok());
        let types: Vec<_> = types.collect();
        let verified = self.verify(
            now,
            &token.0,
            &id,
            // It may be meant for other services as well.
            |verifier| {
                verifier
                    .set_other_audience_verifier_fn(|_: &Audience| true)
                    .set_allowed_jose_types(types.clone())
            },
            // An ID token tells a client who is there; it gives nobody access.
            || {
                |nonce: Option<&Nonce>| match nonce {
                    None => Ok(()),
                    Some(_) => Err("it is an ID token".to_owned()),
                }
            },
        );
        let claims = verified.await?;
        if claims.access_token_hash().is_some() {
            return Err(Refusal::untrusted("it is an ID token"));
        }
        let more = claims.additional_claims();
        if more.nbf.is_some_and(|since| since > (now + LEEWAY).timestamp()) {
            return Err(Refusal::untrusted("the token does not hold yet"));
        }
        let may_write = self.settings.write_scope.as_deref().is_none_or(|scope| more.has(scope));
        Ok((vouched(claims)?, may_write))
    }

    /// The claims of a token, once more with new keys where its key is not among those known.
    async fn verify<'t, A, N>(
        &self,
        now: DateTime<Utc>,
        token: &'t IdToken<
            A,
            CoreGenderClaim,
            CoreJweContentEncryptionAlgorithm,
            CoreJwsSigningAlgorithm,
        >,
        id: &ClientId,
        adapt: impl Fn(
            IdTokenVerifier<'static, CoreJsonWebKey>,
        ) -> IdTokenVerifier<'static, CoreJsonWebKey>,
        nonce: impl Fn() -> N,
    ) -> Result<&'t IdTokenClaims<A, CoreGenderClaim>, Refusal>
    where
        A: AdditionalClaims,
        N: openidconnect::NonceVerifier,
    {
        let unfit = |error: url::ParseError| Refusal::distrust(&error);
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(unfit)?;
        let mut is_unknown = false;
        loop {
            let keys = self.keys(now, is_unknown).await?;
            let verifier =
                IdTokenVerifier::new_public_client(id.clone(), issuer.clone(), (*keys).clone())
                    .set_allowed_algs(ALGORITHMS)
                    .set_time_fn(move || now - LEEWAY);
            match token.claims(&adapt(verifier), nonce()) {
                Err(ClaimsVerificationError::SignatureVerification(
                    SignatureVerificationError::NoMatchingKey,
                )) if !is_unknown => is_unknown = true,
                Err(error) => return Err(Refusal::distrust(&error)),
                Ok(claims) => return Ok(claims),
            }
        }
    }
}

fn vouched<A: AdditionalClaims>(
    claims: &IdTokenClaims<A, CoreGenderClaim>,
) -> Result<Vouched, Refusal> {
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.chars().count() > 255 || subject.chars().any(char::is_control)
    {
        return Err(Refusal::untrusted("its subject cannot be kept"));
    }
    let given = |text: &str| FieldValue::Text(text.to_owned());
    let any_day = NaiveDate::default();
    let is_verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| is_verified);
    let name = claims.name().and_then(|names| names.get(None));
    let name =
        name.and_then(|name| Text::<100>::read(&given(&strip_invisible(name)), any_day).ok());
    Ok(Vouched {
        issuer: claims.issuer().to_string(),
        subject: subject.to_owned(),
        email: email.and_then(|email| Email::read(&given(email), any_day).ok()),
        name: name.map(|it| it.0),
    })
}
