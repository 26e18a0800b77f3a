//! Reading and changing preferences.

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    core::{Result, UserId, db::Tx, http::IfMatch},
    features::accounts::{
        User,
        model::{Preferences, PreferencesChange, TimeZone},
        session, store,
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
            let current = lock_preferences(tx, user, now).await?;
            if_match.check(&current)?;
            let preferences = Preferences {
                distance_unit: change.distance_unit.or(current.distance_unit),
                volume_unit: change.volume_unit.or(current.volume_unit),
                economy_unit: change.economy_unit.or(current.economy_unit),
                currency: change
                    .currency
                    .into_value()
                    .map_or(current.currency, |it| it.to_string()),
                time_zone: change.time_zone.or(TimeZone(current.time_zone)).0,
                theme: change.theme.or(current.theme),
                locale: change.locale.map(|it| it.tag().to_owned()).or(current.locale),
            };
            store::update_preferences(tx, user, &preferences, now).await?;
            Ok(preferences)
        })
        .await?;
    session::evict_cached(app, user.0.account).await;
    Ok(preferences)
}
