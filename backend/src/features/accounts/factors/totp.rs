//! One-time codes of an authenticator app (TOTP, RFC 6238): six digits, every 30 seconds anew.
//!
//! A code of the step before or after the present one is taken too, since clocks differ.

use chrono::{DateTime, Utc};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::core::{Error, Result};

/// Who the app says that the codes are for.
const ISSUER: &str = "MotoVaultPro";
/// Bytes of a secret: as many as the hash has (RFC 4226, 4).
const LENGTH: usize = 20;
/// Clear modules around a QR code: readers look for them.
const BORDER: i32 = 4;

/// What an authenticator app and this service both make the codes of.
pub(super) struct Totp(totp_rs::Totp);

impl Totp {
    /// The codes of `secret`, for the account that its owner knows by `name`.
    pub(super) fn new(secret: &[u8], name: &str) -> Result<Self> {
        totp_rs::Builder::new()
            .with_secret(secret)
            .with_issuer(Some(ISSUER))
            // A colon ends the issuer's name in the address that apps read.
            .with_account_name(name.replace(':', "_"))
            .build()
            .map(Self)
            .map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// The step that `code` is of, if it is a code of about now. The comparison takes as long for
    /// every code.
    pub(super) fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        i64::try_from(self.0.check(code, seconds)?).ok()
    }

    /// The code at `now`: what the app would show.
    #[cfg(test)]
    pub(super) fn code_at(&self, now: DateTime<Utc>) -> String {
        self.0.generate(u64::try_from(now.timestamp()).unwrap()).to_string()
    }

    /// The secret in base 32, for typing it into an app.
    pub(super) fn secret(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The address that apps read secret, issuer and account from.
    pub(super) fn uri(&self) -> Result<String> {
        self.0.to_url().map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// The address as a QR code.
    pub(super) fn qr(&self) -> Result<Qr> {
        Qr::of(&self.uri()?)
    }
}

/// A new secret.
pub(super) fn fresh_secret() -> Result<Vec<u8>> {
    let mut secret = vec![0; LENGTH];
    getrandom::fill(&mut secret).map_err(|error| Error::Internal(error.to_string().into()))?;
    Ok(secret)
}

/// A QR code, to be drawn as one path.
pub(super) struct Qr {
    /// Modules on a side, its border included.
    pub(super) side: i32,
    /// The dark modules, as a path's `d`.
    pub(super) path: String,
}

impl Qr {
    fn of(text: &str) -> Result<Self> {
        use std::fmt::Write as _;
        let code = QrCode::encode_text(text, QrCodeEcc::Medium)
            .map_err(|error| Error::Internal(error.to_string().into()))?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + BORDER, y + BORDER);
            }
        }
        Ok(Self { side: code.size() + 2 * BORDER, path })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::{Qr, Totp};

    /// The secret of RFC 6238's appendix B.
    fn totp() -> Totp {
        Totp::new(b"12345678901234567890", "a:nn@example.org").unwrap()
    }

    #[test]
    fn codes_are_the_standards_own() {
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")]
        {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            assert_eq!(totp().step_of(code, now), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let now = DateTime::from_timestamp(1_111_111_109, 0).unwrap();
        let taken = |steps: i64| {
            let code = totp().code_at(now + TimeDelta::seconds(30 * steps));
            totp().step_of(&code, now).map(|step| step - now.timestamp() / 30)
        };
        assert_eq!([-2, -1, 0, 1, 2].map(taken), [None, Some(-1), Some(0), Some(1), None]);
    }

    #[test]
    fn what_is_no_code_is_no_code() {
        let now = DateTime::from_timestamp(1_234_567_890, 0).unwrap();
        for code in ["", "5924", "05924", "+05924", "0005924", "00592４"] {
            assert_eq!(totp().step_of(code, now), None, "{code}");
        }
    }

    #[test]
    fn an_app_reads_the_secret_from_the_address() {
        assert_eq!(totp().secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = totp().uri().unwrap();
        assert!(uri.starts_with("otpauth://totp/MotoVaultPro:a_nn%40example"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=MotoVaultPro"), "{uri}");
        assert!(!uri.contains("algorithm=") && !uri.contains("digits="), "{uri}");
    }

    #[test]
    fn a_qr_code_begins_with_its_corner_inside_the_border() {
        let qr = Qr::of("otpauth://totp/a").unwrap();
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"), "{}", qr.path);
        assert!(qr.side >= 21 + 8);
    }
}
