//! Second factors in the database.

use chrono::{DateTime, Utc};
use sqlx::Result;
use uuid::Uuid;

use super::{model::Passkey, recovery::CodeHash};
use crate::{core::db::Tx, features::accounts::TokenHash, select, sql};

/// The value of a column whose secret was moved or discarded.
const EMPTY: &[u8] = &[];

/// The secret of an authenticator app.
#[derive(sqlx_derive::FromRow)]
pub(super) struct TotpRow {
    pub(super) sealed_secret: Option<Vec<u8>>,
    pub(super) confirmed_at: Option<DateTime<Utc>>,
}

impl TotpRow {
    /// Whether codes can be checked, that is, the secret was not discarded.
    pub(super) fn has_secret(&self) -> bool {
        self.sealed_secret.as_ref().is_some_and(|it| !it.is_empty())
    }
}

/// A passkey with its credential.
#[derive(sqlx_derive::FromRow)]
pub(super) struct PasskeyRow {
    pub(super) id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) credential: String,
    pub(super) created_at: DateTime<Utc>,
}

/// Whether the account has a second factor.
pub(super) async fn has_any(tx: &mut Tx, account: Uuid) -> Result<bool> {
    let (has,): (bool,) = sql!(
        tx,
        fetch_one,
        "SELECT EXISTS (SELECT 1 FROM totp_secrets
                        WHERE account_id = $1 AND confirmed_at IS NOT NULL
                        UNION ALL SELECT 1 FROM passkeys WHERE account_id = $1)",
        account,
    )?;
    Ok(has)
}

/// Stores an unconfirmed secret and replaces an earlier unconfirmed one. Returns false if there is a
/// confirmed secret, which is not replaced.
pub(super) async fn insert_totp(
    tx: &mut Tx,
    account: Uuid,
    sealed_secret: &[u8],
    now: DateTime<Utc>,
) -> Result<bool> {
    let inserted = sql!(
        tx,
        execute,
        "INSERT INTO totp_secrets (account_id, secret, sealed_secret, last_used_step, created_at)
         VALUES ($1, $2, $3, 0, $4)
         ON CONFLICT (account_id) DO UPDATE
           SET secret = excluded.secret, sealed_secret = excluded.sealed_secret,
               created_at = excluded.created_at
           WHERE totp_secrets.confirmed_at IS NULL",
        account,
        EMPTY,
        sealed_secret,
        now,
    )?;
    Ok(inserted == 1)
}

pub(super) async fn find_totp(tx: &mut Tx, account: Uuid) -> Result<Option<TotpRow>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT sealed_secret, confirmed_at FROM totp_secrets WHERE account_id = $1",
        account,
    )
}

/// Marks the secret as confirmed by the code of `step`.
pub(super) async fn confirm_totp(
    tx: &mut Tx,
    account: Uuid,
    sealed_secret: &[u8],
    step: i64,
    now: DateTime<Utc>,
) -> Result<bool> {
    let confirmed = sql!(
        tx,
        execute,
        "UPDATE totp_secrets SET confirmed_at = $4, last_used_step = $3
         WHERE account_id = $1 AND sealed_secret = $2 AND confirmed_at IS NULL",
        account,
        sealed_secret,
        step,
        now,
    )?;
    Ok(confirmed == 1)
}

/// Records the use of a code of `step`. Returns false if a code of this or a later step was used
/// already.
pub(super) async fn use_totp_step(
    tx: &mut Tx,
    account: Uuid,
    sealed_secret: &[u8],
    step: i64,
) -> Result<bool> {
    let used = sql!(
        tx,
        execute,
        "UPDATE totp_secrets SET last_used_step = $3
         WHERE account_id = $1 AND sealed_secret = $2 AND confirmed_at IS NOT NULL
           AND last_used_step < $3",
        account,
        sealed_secret,
        step,
    )?;
    Ok(used == 1)
}

pub(super) async fn delete_totp(tx: &mut Tx, account: Uuid) -> Result<bool> {
    let deleted = sql!(tx, execute, "DELETE FROM totp_secrets WHERE account_id = $1", account)?;
    Ok(deleted == 1)
}

/// The secrets that are still stored in plain text, with their accounts.
pub(super) async fn list_unsealed_totp(tx: &mut Tx) -> Result<Vec<(Uuid, Vec<u8>)>> {
    sql!(
        tx,
        fetch_all,
        "SELECT account_id, secret FROM totp_secrets WHERE length(secret) > 0 ORDER BY account_id",
    )
}

/// Replaces a plain-text secret with its sealed form.
pub(super) async fn set_sealed_totp(
    tx: &mut Tx,
    account: Uuid,
    sealed_secret: &[u8],
) -> Result<()> {
    sql!(
        tx,
        execute,
        "UPDATE totp_secrets SET secret = $2, sealed_secret = $3 WHERE account_id = $1",
        account,
        EMPTY,
        sealed_secret,
    )?;
    Ok(())
}

pub(super) async fn count_sealed_totp(tx: &mut Tx) -> Result<u64> {
    let (count,): (i64,) =
        sql!(tx, fetch_one, "SELECT COUNT(*) FROM totp_secrets WHERE length(sealed_secret) > 0",)?;
    Ok(count.unsigned_abs())
}

/// Discards all sealed secrets. The apps stay set up, so their accounts still require a second factor.
pub(super) async fn discard_sealed_totp(tx: &mut Tx) -> Result<u64> {
    sql!(
        tx,
        execute,
        "UPDATE totp_secrets SET sealed_secret = $1 WHERE length(sealed_secret) > 0",
        EMPTY,
    )
}

pub(super) async fn insert_recovery_code(
    tx: &mut Tx,
    account: Uuid,
    code: &CodeHash,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO recovery_codes (account_id, code_hash) VALUES ($1, $2)",
        account,
        &code[..],
    )?;
    Ok(())
}

/// Marks a recovery code as used. Returns false if there is no such unused code.
pub(super) async fn use_recovery_code(
    tx: &mut Tx,
    account: Uuid,
    code: &CodeHash,
    now: DateTime<Utc>,
) -> Result<bool> {
    let used = sql!(
        tx,
        execute,
        "UPDATE recovery_codes SET used_at = $3
         WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL",
        account,
        &code[..],
        now,
    )?;
    Ok(used == 1)
}

pub(super) async fn count_recovery_codes(tx: &mut Tx, account: Uuid) -> Result<i64> {
    let (left,): (i64,) = sql!(
        tx,
        fetch_one,
        "SELECT COUNT(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL",
        account,
    )?;
    Ok(left)
}

pub(super) async fn delete_recovery_codes(tx: &mut Tx, account: Uuid) -> Result<()> {
    sql!(tx, execute, "DELETE FROM recovery_codes WHERE account_id = $1", account)?;
    Ok(())
}

pub(super) async fn insert_passkey(
    tx: &mut Tx,
    account: Uuid,
    passkey: &Passkey,
    credential_id: &[u8],
    credential: &str,
) -> Result<()> {
    passkey.insert(tx, account, credential_id, credential).await?;
    Ok(())
}

pub(super) async fn list_passkeys(tx: &mut Tx, account: Uuid) -> Result<Vec<Passkey>> {
    sql!(
        tx,
        fetch_all,
        select!(Passkey: "SELECT {*} FROM passkeys WHERE account_id = $1 ORDER BY id"),
        account,
    )
}

pub(super) async fn list_credentials(tx: &mut Tx, account: Uuid) -> Result<Vec<(String,)>> {
    sql!(
        tx,
        fetch_all,
        "SELECT credential FROM passkeys WHERE account_id = $1 ORDER BY id",
        account,
    )
}

pub(super) async fn find_passkey(tx: &mut Tx, credential_id: &[u8]) -> Result<Option<PasskeyRow>> {
    sql!(
        tx,
        fetch_optional,
        "SELECT id, account_id, credential, created_at FROM passkeys WHERE credential_id = $1",
        credential_id,
    )
}

/// Records a sign-in with a passkey. Returns false if it has been removed in the meantime.
pub(super) async fn record_passkey_use(
    tx: &mut Tx,
    passkey: Uuid,
    credential: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let used = sql!(
        tx,
        execute,
        "UPDATE passkeys SET credential = $2, last_used_at = $3 WHERE id = $1",
        passkey,
        credential,
        now,
    )?;
    Ok(used == 1)
}

pub(super) async fn delete_passkey(tx: &mut Tx, account: Uuid, passkey: Uuid) -> Result<bool> {
    let deleted = sql!(
        tx,
        execute,
        "DELETE FROM passkeys WHERE id = $2 AND account_id = $1",
        account,
        passkey,
    )?;
    Ok(deleted == 1)
}

pub(super) async fn insert_pending_sign_in(
    tx: &mut Tx,
    token: &TokenHash,
    account: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sql!(
        tx,
        execute,
        "INSERT INTO pending_sign_ins (token_hash, account_id, expires_at) VALUES ($1, $2, $3)",
        &token[..],
        account,
        expires_at,
    )?;
    Ok(())
}

/// The account of a pending sign-in that has not expired.
pub(super) async fn find_pending_sign_in(
    tx: &mut Tx,
    token: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>> {
    let found: Option<(Uuid,)> = sql!(
        tx,
        fetch_optional,
        "SELECT account_id FROM pending_sign_ins WHERE token_hash = $1 AND expires_at > $2",
        &token[..],
        now,
    )?;
    Ok(found.map(|it| it.0))
}

/// Returns false if the sign-in no longer exists.
pub(super) async fn delete_pending_sign_in(tx: &mut Tx, token: &TokenHash) -> Result<bool> {
    let deleted =
        sql!(tx, execute, "DELETE FROM pending_sign_ins WHERE token_hash = $1", &token[..])?;
    Ok(deleted == 1)
}

pub(super) async fn delete_pending_sign_ins(tx: &mut Tx, account: Uuid) -> Result<()> {
    sql!(tx, execute, "DELETE FROM pending_sign_ins WHERE account_id = $1", account)?;
    Ok(())
}

/// Deletes the account's oldest pending sign-ins until `limit` are left.
pub(super) async fn trim_pending_sign_ins(tx: &mut Tx, account: Uuid, limit: i64) -> Result<()> {
    sql!(
        tx,
        execute,
        "DELETE FROM pending_sign_ins WHERE token_hash IN
           (SELECT token_hash FROM pending_sign_ins WHERE account_id = $1
            ORDER BY expires_at DESC LIMIT 100 OFFSET $2)",
        account,
        limit,
    )?;
    Ok(())
}

/// Deletes expired pending sign-ins.
pub(super) async fn delete_expired_sign_ins(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    sql!(tx, execute, "DELETE FROM pending_sign_ins WHERE expires_at <= $1", now)
}
