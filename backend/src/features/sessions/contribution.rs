//! What other features contribute to sessions.

use axum::http::{HeaderMap, HeaderValue};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::{
    app::App,
    core::{Result, db::Tx},
    features::{
        self,
        accounts::{AuthMethod, CredentialOwner, TokenHash},
    },
};

/// What a feature contributes to sessions.
pub enum Contribution {
    /// Authenticates requests by a token in the `Authorization` header.
    BearerTokens(FindTokenOwner),
    /// Revokes what gives access to an account, when its password changes or it is disabled.
    Revocation(RevokeFn),
    /// Lists the providers that users can sign in with.
    Providers(fn(&App) -> Vec<ProviderOption>),
    /// Asks for a second factor after the password.
    SecondFactor(SecondFactor),
}

/// A provider that users can choose on a page.
#[derive(Debug, Clone)]
pub struct ProviderOption {
    /// The name in URLs.
    pub name: String,
    /// The name that users see.
    pub label: String,
}

/// How sign-ins ask for a second factor.
pub struct SecondFactor {
    /// Whether the account is required to have a second factor but has none.
    pub is_missing:
        for<'a> fn(&'a mut Tx, &'a App, &'a CredentialOwner) -> BoxFuture<'a, Result<bool>>,
    /// Begins a sign-in that waits for the second factor, within the caller's transaction, and returns
    /// its cookie. Returns none if the account has no second factor.
    pub begin: BeginFn,
    /// Whether passkeys can be used at the address that the browser shows.
    pub supports_passkeys: fn(&App, &HeaderMap) -> bool,
}

/// Begins a sign-in of the account, and returns its cookie.
pub type BeginFn =
    for<'a> fn(&'a mut Tx, &'a App, Uuid) -> BoxFuture<'a, Result<Option<HeaderValue>>>;

/// Finds the owner of a token, given with its hash. Returns none if the token is another feature's, or
/// not valid.
pub type FindTokenOwner =
    for<'a> fn(
        &'a App,
        &'a str,
        &'a TokenHash,
    ) -> BoxFuture<'a, Result<Option<(CredentialOwner, AuthMethod)>>>;

/// Revokes access to the account within the caller's transaction.
pub type RevokeFn = for<'a> fn(&'a mut Tx, Uuid) -> BoxFuture<'a, Result<()>>;

/// The contributions of all features.
fn all() -> impl Iterator<Item = &'static Contribution> {
    features::ALL.iter().flat_map(|it| it.contributions).filter_map(|it| match it {
        features::Contribution::Sessions(contribution) => Some(contribution),
        features::Contribution::Vehicles(_) => None,
    })
}

/// How to authenticate requests by a token, in the order of the features.
pub(super) fn bearer_tokens() -> impl Iterator<Item = FindTokenOwner> {
    all().filter_map(|it| match it {
        Contribution::BearerTokens(find_owner) => Some(*find_owner),
        _ => None,
    })
}

/// How to revoke access to an account.
pub(super) fn revocations() -> impl Iterator<Item = RevokeFn> {
    all().filter_map(|it| match it {
        Contribution::Revocation(revoke) => Some(*revoke),
        _ => None,
    })
}

/// The providers that users can sign in with.
pub(super) fn provider_options(app: &App) -> Vec<ProviderOption> {
    all()
        .filter_map(|it| match it {
            Contribution::Providers(list) => Some(list(app)),
            _ => None,
        })
        .flatten()
        .collect()
}

fn second_factors() -> impl Iterator<Item = &'static SecondFactor> {
    all().filter_map(|it| match it {
        Contribution::SecondFactor(factor) => Some(factor),
        _ => None,
    })
}

/// Whether the owner is required to have a second factor but has none.
pub(super) async fn lacks_second_factor(
    tx: &mut Tx,
    app: &App,
    owner: &CredentialOwner,
) -> Result<bool> {
    for factor in second_factors() {
        if (factor.is_missing)(tx, app, owner).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Begins a sign-in that waits for a second factor, within the caller's transaction, and returns its
/// cookie. Returns none if the account has no second factor.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn begin_second_factor(
    tx: &mut Tx,
    app: &App,
    account: Uuid,
) -> Result<Option<HeaderValue>> {
    for factor in second_factors() {
        if let Some(cookie) = (factor.begin)(tx, app, account).await? {
            return Ok(Some(cookie));
        }
    }
    Ok(None)
}

/// Whether passkeys can be used at the address that the browser shows.
pub(super) fn supports_passkeys(app: &App, headers: &HeaderMap) -> bool {
    second_factors().any(|it| (it.supports_passkeys)(app, headers))
}
