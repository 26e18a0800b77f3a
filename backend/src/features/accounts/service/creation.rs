//! Accounts that whoever runs the service creates: at the command line, or by a setting.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::{
        App, Error, Result, UserId,
        config::{self, Secret},
        db::{self, Db, Tx},
        error::Fault,
        input::{Input as _, Reader, Text},
    },
    features::{
        accounts::{
            Arrival,
            model::{Account, Email, NewPassword},
            passwords, store,
        },
        security_log::{self, Event, Kind, Located},
    },
    input,
};

input! {
    /// What it takes to create an account
    struct Fields {
        /// The e-mail address to sign in with
        pub email: Email,
        /// The password: 8 to 256 characters
        pub password: NewPassword,
        /// What its owner is called
        pub name: Option<Text<100>>,
    }
}

/// An account to create, as it was typed.
#[derive(Debug, Clone)]
pub struct NewByOperator {
    /// The e-mail address to sign in with.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// What its owner is called.
    pub name: Option<String>,
    /// Whether it may run the service. The first account may in any case.
    pub is_admin: bool,
}

impl NewByOperator {
    /// Checks it by the rules for everyone.
    fn read(&self, today: NaiveDate) -> Result<Fields> {
        let password = self.password.expose().to_owned();
        let fields = [("email", self.email.clone()), ("password", password)];
        let name = self.name.clone().map(|it| ("name", it));
        let fields = fields.into_iter().chain(name).map(|it| (it.0.to_owned(), it.1));
        Fields::read(Reader::form(fields, today)).map_err(Error::Invalid)
    }
}

/// An account that was created.
#[derive(Debug, Clone)]
pub struct Created {
    /// Its id.
    pub id: Uuid,
    /// The e-mail address that signs in.
    pub email: String,
    /// Whether it may run the service.
    pub is_admin: bool,
    /// Whether it is the first account.
    pub is_first: bool,
}

/// Creates an account from the command line. The settings for registration do not apply.
///
/// # Errors
/// Invalid with each field at fault; Conflict if an account has the address.
pub async fn create(app: &App, new: &NewByOperator) -> Result<Created> {
    let (tx, created) = insert(app, new, Event::from_command_line).await?;
    tx.commit().await?;
    tracing::info!(account = %created.id, is_admin = created.is_admin, "Created an account");
    Ok(created)
}

/// Whether the setting `auth.first_administrator` has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAdministrator {
    /// It is not set.
    Unset,
    /// There is no account, so the next start creates this one.
    Awaited,
    /// There are accounts already.
    Ignored,
}

/// Whether the setting `auth.first_administrator` has an effect on this database, and can be used if it
/// has.
///
/// # Errors
/// Invalid with each setting at fault.
pub async fn first_administrator(
    db: &Db,
    settings: &config::Auth,
    today: NaiveDate,
) -> Result<FirstAdministrator> {
    if settings.first_administrator.is_none() {
        return Ok(FirstAdministrator::Unset);
    }
    if store::has_accounts(&mut db.read().await?).await? {
        return Ok(FirstAdministrator::Ignored);
    }
    from_settings(settings)?.read(today).map_err(by_setting)?;
    Ok(FirstAdministrator::Awaited)
}

/// Creates the administrator that the settings name, if there is no account.
///
/// # Errors
/// As [`first_administrator`].
pub async fn create_first_administrator(app: &App) -> Result<()> {
    let settings = &app.config.auth;
    match first_administrator(&app.db, settings, app.clock.today()).await? {
        FirstAdministrator::Unset => return Ok(()),
        FirstAdministrator::Ignored => {}
        FirstAdministrator::Awaited => {
            let new = from_settings(settings)?;
            let event = |event: Event| event.saying("by auth.first_administrator").from(None, None);
            match insert(app, &new, event).await {
                Ok((tx, created)) if created.is_first => {
                    tx.commit().await?;
                    tracing::info!(account = %created.id, "Created auth.first_administrator");
                    return Ok(());
                }
                // Another instance was faster.
                Ok(_) | Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(by_setting(error)),
            }
        }
    }
    tracing::info!("auth.first_administrator is ignored: there are accounts already");
    Ok(())
}

fn from_settings(settings: &config::Auth) -> Result<NewByOperator> {
    let password = settings.first_administrator_password.clone().ok_or_else(|| {
        let why = "is required as long as there is no account";
        Error::invalid("auth.first_administrator_password", why)
    })?;
    let email = settings.first_administrator.clone().unwrap_or_default();
    Ok(NewByOperator { email, password, name: None, is_admin: true })
}

/// Names the settings instead of the fields.
fn by_setting(error: Error) -> Error {
    let Error::Invalid(faults) = error else { return error };
    let rename = |fault: Fault| match fault.name() {
        "email" => Fault::at("auth.first_administrator", fault.detail),
        "password" => Fault::at("auth.first_administrator_password", fault.detail),
        _ => fault,
    };
    Error::Invalid(faults.into_iter().map(rename).collect())
}

/// Inserts the account. The caller commits the transaction.
async fn insert(
    app: &App,
    new: &NewByOperator,
    located: impl Fn(Event) -> Located,
) -> Result<(Tx, Created)> {
    let fields = new.read(app.clock.today())?;
    let key = fields.email.key();
    let place = app.doors.hashing().enter(&key, &Arrival::default())?;
    let password_hash = passwords::hash(place, &fields.password.0).await?;
    let now = app.clock.now();
    let account = Account {
        id: Uuid::now_v7(),
        email: fields.email.as_str().to_owned(),
        display_name: fields.name.map(|it| it.0),
        is_admin: new.is_admin,
        created_at: now,
    };
    let mut tx = app.db.write().await?;
    let user = UserId::local(account.id);
    store::insert(&mut tx, &account, &user, key, password_hash).await.map_err(|error| {
        if !db::is_unique_violation(&error) {
            return error.into();
        }
        Error::conflict("duplicate-email", "an account with this e-mail address exists")
    })?;
    let is_first = store::claim_first(&mut tx, account.id).await?;
    if is_first {
        store::set_admin(&mut tx, account.id).await?;
    }
    let registered = located(Event::of(Kind::Registered, account.id));
    security_log::record(&mut tx, now, &registered).await?;
    if new.is_admin && !is_first {
        let made = located(Event::of(Kind::AdministratorMade, account.id));
        security_log::record(&mut tx, now, &made).await?;
    }
    let is_admin = new.is_admin || is_first;
    Ok((tx, Created { id: account.id, email: account.email, is_admin, is_first }))
}
