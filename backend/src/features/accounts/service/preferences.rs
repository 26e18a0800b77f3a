//! Reading and changing preferences.

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    core::{Result, UserId, db::Tx, http::IfMatch},
    features::accounts::{
        User,
        auth_state::evict_cached,
        model::{Preferences, PreferencesChange},
        store,
    },
};

/// Loads the user's preferences. Creates them with default values on first use.
pub(in crate::features::accounts) async fn load_preferences(
    app: &App,
    user: &UserId,
) -> Result<Preferences> {
    let found = {
        let mut tx = app.db.read_for(user).await?;
        store::find_preferences(&mut tx, user).await?
    };
    if let Some(preferences) = found {
        return Ok(preferences);
    }
    app.write(user, async |tx| lock_preferences(tx, user, app.clock.now()).await).await
}

/// Loads the preferences and locks them until `tx` ends. Creates them with default values on first use.
async fn lock_preferences(tx: &mut Tx, user: &UserId, now: DateTime<Utc>) -> Result<Preferences> {
    store::insert_preferences(tx, user, &Preferences::default(), now).await?;
    Ok(store::lock_preferences(tx, user).await?)
}

/// Changes the user's preferences.
pub(in crate::features::accounts) async fn change_preferences(
    app: &App,
    user: &User,
    change: PreferencesChange,
    if_match: &IfMatch,
) -> Result<Preferences> {
    let now = app.clock.now();
    let preferences = app
        .write(user, async |tx| {
            let mut preferences = lock_preferences(tx, user, now).await?;
            if_match.check(&preferences)?;
            change.apply_to(&mut preferences);
            store::update_preferences(tx, user, &preferences, now).await?;
            Ok(preferences)
        })
        .await?;
    evict_cached(app, user.0.account).await;
    Ok(preferences)
}

/// Finds the user's preferences, or else the default ones, within the caller's transaction.
///
/// # Errors
/// Unavailable if the database is unavailable.
pub async fn find_preferences(tx: &mut Tx, user: &UserId) -> Result<Preferences> {
    Ok(store::find_preferences(tx, user).await?.unwrap_or_default())
}
