//! Verifying ID tokens and access tokens: issuer, signature, audience and time.

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

use super::{model::OidcError, provider::Provider};
use crate::{
    core::input::{Field as _, FieldValue, Text, strip_invisible},
    features::accounts::Email,
};

/// The accepted difference between a provider's clock and ours.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// The maximum age of an ID token. It is issued during a log-in, which takes at most ten minutes.
const MAX_TOKEN_AGE: TimeDelta = TimeDelta::hours(1);

/// The accepted signature algorithms: all that use the provider's private key, but neither `none`
/// nor the symmetric ones.
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

/// A user whose identity a provider has verified.
#[derive(Debug)]
pub(super) struct VerifiedIdentity {
    /// The provider's issuer URL.
    pub(super) issuer: String,
    /// The user's id at the provider, unique and never reassigned.
    pub(super) subject: String,
    /// The user's email address, if the provider has verified it.
    pub(super) email: Option<Email>,
    /// The user's name.
    pub(super) name: Option<String>,
}

/// The additional claims of access tokens.
#[derive(Debug, Deserialize, Serialize)]
struct AccessClaims {
    /// When the token becomes valid.
    nbf: Option<i64>,
    /// The scopes, separated by spaces (RFC 9068, section 2.2.3).
    scope: Option<String>,
    /// The scopes in the form that some providers use.
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
    fn has_scope(&self, wanted: &str) -> bool {
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

/// An access token that has not been verified.
pub(super) struct UnverifiedToken(AccessToken);

impl UnverifiedToken {
    /// Parses a token. The size limit for headers bounds its length.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The issuer that the token claims. Only used to select the provider that verifies the token.
    pub(super) fn issuer(&self) -> Option<String> {
        let any = IdTokenVerifier::<CoreJsonWebKey>::new_insecure_without_verification()
            .set_time_fn(|| DateTime::<Utc>::MIN_UTC)
            .allow_all_jose_types();
        let claims = self.0.claims(&any, |_: Option<&Nonce>| Ok(())).ok()?;
        Some(claims.issuer().to_string())
    }
}

impl Provider {
    /// Verifies an ID token for the log-in that sent `nonce`.
    pub(super) async fn verify_id_token(
        &self,
        now: DateTime<Utc>,
        token: &CoreIdToken,
        nonce: &str,
    ) -> Result<VerifiedIdentity, OidcError> {
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
                    if issued_at < now - MAX_TOKEN_AGE {
                        return Err("the token was issued too long ago".to_owned());
                    }
                    Ok(())
                })
            },
            || |got: Option<&Nonce>| openidconnect::NonceVerifier::verify(&nonce, got),
        );
        let claims = verified.await?;
        if claims.authorized_party().is_some_and(|party| *party != id) {
            return Err(OidcError::untrusted("the token was issued to another client"));
        }
        verified_identity(claims)
    }

    /// Verifies an access token. Also returns whether it has write access.
    pub(super) async fn verify_access_token(
        &self,
        now: DateTime<Utc>,
        token: &UnverifiedToken,
    ) -> Result<(VerifiedIdentity, bool), OidcError> {
        let Some(audience) = &self.settings.audience else {
            return Err(OidcError::untrusted("access tokens of this provider are not accepted"));
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
            // The token may have other audiences as well.
            |verifier| {
                verifier
                    .set_other_audience_verifier_fn(|_: &Audience| true)
                    .set_allowed_jose_types(types.clone())
            },
            // ID tokens identify a user to a client and must not grant access.
            || {
                |nonce: Option<&Nonce>| match nonce {
                    None => Ok(()),
                    Some(_) => Err("the token is an ID token".to_owned()),
                }
            },
        );
        let claims = verified.await?;
        if claims.access_token_hash().is_some() {
            return Err(OidcError::untrusted("the token is an ID token"));
        }
        let additional = claims.additional_claims();
        if additional.nbf.is_some_and(|since| since > (now + LEEWAY).timestamp()) {
            return Err(OidcError::untrusted("the token is not valid yet"));
        }
        let may_write =
            self.settings.write_scope.as_deref().is_none_or(|scope| additional.has_scope(scope));
        Ok((verified_identity(claims)?, may_write))
    }

    /// Verifies a token and returns its claims. Retries with newly fetched keys if its key is unknown.
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
    ) -> Result<&'t IdTokenClaims<A, CoreGenderClaim>, OidcError>
    where
        A: AdditionalClaims,
        N: openidconnect::NonceVerifier,
    {
        let invalid_url = |error: url::ParseError| OidcError::untrusted_because(&error);
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(invalid_url)?;
        let mut has_unknown_key = false;
        loop {
            let keys = self.keys(now, has_unknown_key).await?;
            let verifier =
                IdTokenVerifier::new_public_client(id.clone(), issuer.clone(), (*keys).clone())
                    .set_allowed_algs(ALGORITHMS)
                    .set_time_fn(move || now - LEEWAY);
            match token.claims(&adapt(verifier), nonce()) {
                Err(ClaimsVerificationError::SignatureVerification(
                    SignatureVerificationError::NoMatchingKey,
                )) if !has_unknown_key => has_unknown_key = true,
                Err(error) => return Err(OidcError::untrusted_because(&error)),
                Ok(claims) => return Ok(claims),
            }
        }
    }
}

fn verified_identity<A: AdditionalClaims>(
    claims: &IdTokenClaims<A, CoreGenderClaim>,
) -> Result<VerifiedIdentity, OidcError> {
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.chars().count() > 255 || subject.chars().any(char::is_control)
    {
        return Err(OidcError::untrusted(
            "the subject is empty, too long, or contains control characters",
        ));
    }
    let given = |text: &str| FieldValue::Text(text.to_owned());
    let any_day = NaiveDate::default();
    let is_verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| is_verified);
    let name = claims.name().and_then(|names| names.get(None));
    let name =
        name.and_then(|name| Text::<100>::read(&given(&strip_invisible(name)), any_day).ok());
    Ok(VerifiedIdentity {
        issuer: claims.issuer().to_string(),
        subject: subject.to_owned(),
        email: email.and_then(|email| Email::read(&given(email), any_day).ok()),
        name: name.map(|it| it.0),
    })
}
