use std::time::Duration;

use super::{Engine, tests::read};
use crate::minisign::SecretKey;

const RECIPIENT: &str = "age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm";

#[test]
fn no_backups_are_created_without_a_folder() {
    let config = read("", &[]).unwrap();
    assert!(config.backup.folder.is_none());
    assert_eq!(config.backup.every.interval(), Some(Duration::from_hours(24)));
    assert_eq!(config.backup.keep, 7);
    assert!(config.backup.recipients.all().is_empty());
}

#[test]
fn schedules_are_parsed_and_printed() {
    let every = |text: &str| read("", &[("MVP__BACKUP__EVERY", text)]).map(|it| it.backup.every);
    let seconds = |text: &str| every(text).unwrap().interval().map(|it| it.as_secs());
    assert_eq!(seconds("24h"), Some(86_400));
    assert_eq!(seconds("1h 30m"), Some(5400));
    assert_eq!(seconds("never"), None);
    for text in ["90m", "1h30m", "1 hour 30 minutes", " 5400 s "] {
        assert_eq!(seconds(text), Some(5400), "{text}");
        assert_eq!(String::from(every(text).unwrap()), "1h 30m", "{text}");
    }
    assert_eq!(String::from(every("86401s").unwrap()), "24h 1s");
    let too_large = format!("{}h", u64::MAX);
    for wrong in ["", "daily", "0s", "-1h", "9000h", "24", "h", "30m 1h", "1h 1h", &too_large] {
        let message = every(wrong).unwrap_err().to_string();
        assert!(message.starts_with("backup.every: "), "{wrong}: {message}");
    }
}

#[test]
fn recipients_can_be_an_array_or_a_string() {
    let text = format!("{RECIPIENT}, {RECIPIENT}");
    let config = read("", &[("MVP__BACKUP__RECIPIENTS", &text)]).unwrap();
    assert_eq!(config.backup.recipients.all().len(), 2);
    let file = format!("[backup]\nrecipients = [\"{RECIPIENT}\"]");
    let config = read(&file, &[]).unwrap();
    assert_eq!(config.backup.recipients.all()[0].to_string(), RECIPIENT);
    // The error does not repeat a secret key given by mistake.
    let secret = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
    let message = read("", &[("MVP__BACKUP__RECIPIENTS", secret)]).unwrap_err().to_string();
    assert!(message.starts_with("backup.recipients: ") && !message.contains("GQ97"), "{message}");
}

#[test]
fn invalid_backup_settings_are_reported() {
    let message = |key: &str, value: &str| {
        let environment = [("MVP__DATABASE__URL", "postgres://a@b/c"), (key, value)];
        read("", &environment).unwrap_err().to_string()
    };
    assert!(message("MVP__BACKUP__KEEP", "0").starts_with("backup.keep: "));
    assert!(message("MVP__BACKUP__FOLDER", "").starts_with("backup.folder: "));
    let url = message("MVP__BACKUP__POSTGRES_URL", "mysql://x:s3cret@y/z");
    assert!(url.starts_with("backup.postgres_url: ") && !url.contains("s3cret"), "{url}");
}

#[test]
fn base_backups_can_use_a_separate_role() {
    let user = |environment: &[(&str, &str)]| {
        let config = read("", environment).unwrap();
        match config.backup.engine(&config.database).unwrap() {
            Engine::Postgres(address) => address.0[0].get_username().to_owned(),
            Engine::Sqlite(path) => path.display().to_string(),
        }
    };
    let service = ("MVP__DATABASE__URL", "postgres://service@pooler/cars");
    let migrations = ("MVP__DATABASE__MIGRATION_URL", "postgres://owner@db/cars");
    let backups = ("MVP__BACKUP__POSTGRES_URL", "postgres://backup:s3cret@db/cars");
    assert_eq!(user(&[service]), "service");
    assert_eq!(user(&[service, migrations]), "owner");
    assert_eq!(user(&[service, migrations, backups]), "backup");
    assert_eq!(user(&[backups]), "data/motovaultpro.db");
    let config = read("", &[service, backups]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_signing_key_is_a_secret_without_a_password() {
    let key = SecretKey::generate().unwrap();
    let config = read("", &[("MVP__BACKUP__SIGNING_KEY", &key.to_file())]).unwrap();
    let configured = config.backup.signing_key.as_ref().unwrap();
    assert_eq!(SecretKey::parse(configured.expose()).unwrap().public(), key.public());
    let shown = toml::to_string_pretty(&config).unwrap();
    assert!(shown.contains("signing_key = \"[redacted]\""), "{shown}");
    let message =
        read("", &[("MVP__BACKUP__SIGNING_KEY", "hunter2-canary")]).unwrap_err().to_string();
    assert!(
        message.starts_with("backup.signing_key: ") && !message.contains("canary"),
        "{message}"
    );

    let path = config.backup.signing_key_path(&config.database).unwrap();
    assert_eq!(path.to_str(), Some("data/backup-signing.key"));
    let url = [("MVP__DATABASE__URL", "sqlite:///srv/cars/cars.db")];
    let config = read("", &url).unwrap();
    let path = config.backup.signing_key_path(&config.database).unwrap();
    assert_eq!(path.to_str(), Some("/srv/cars/backup-signing.key"));
}

#[test]
fn trusted_keys_can_be_an_array_or_a_string() {
    let keys = [(); 2].map(|()| SecretKey::generate().unwrap().public());
    let text = format!("{}, {}", keys[0], keys[1]);
    let config = read("", &[("MVP__BACKUP__PUBLIC_KEYS", &text)]).unwrap();
    assert_eq!(config.backup.public_keys.0, keys);
    let file = format!("[backup]\npublic_keys = [\"{}\", \"{}\"]", keys[0], keys[1]);
    assert_eq!(read(&file, &[]).unwrap().backup.public_keys.0, keys);
    let message = read("", &[("MVP__BACKUP__PUBLIC_KEYS", "RWQ")]).unwrap_err().to_string();
    assert!(message.starts_with("backup.public_keys: "), "{message}");
}
