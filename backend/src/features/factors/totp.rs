//! Time-based one-time passwords (TOTP, RFC 6238): six digits that change every 30 seconds.
//!
//! The codes of the previous and the next step are accepted too, since clocks differ.

use chrono::{DateTime, Utc};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::core::{Error, Result};

/// The issuer that the app shows.
const ISSUER: &str = "MotoVaultPro";
/// The length of a secret in bytes, the same as the hash's (RFC 4226, section 4).
const SECRET_LENGTH: usize = 20;
/// The width of the blank border that QR code readers require, in modules.
const QUIET_ZONE: i32 = 4;

/// Generates and checks the codes for one secret.
pub(super) struct Totp(totp_rs::Totp);

impl Totp {
    /// Creates a generator for `secret`. `name` is the account name that the app shows.
    pub(super) fn new(secret: &[u8], name: &str) -> Result<Self> {
        totp_rs::Builder::new()
            .with_secret(secret)
            .with_issuer(Some(ISSUER))
            // In the URI, a colon separates the issuer from the account name.
            .with_account_name(name.replace(':', "_"))
            .build()
            .map(Self)
            .map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// Returns the time step that `code` belongs to if it is currently valid. The comparison takes
    /// constant time.
    pub(super) fn matching_step(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let seconds = u64::try_from(now.timestamp()).ok()?;
        i64::try_from(self.0.check(code, seconds)?).ok()
    }

    /// The code that an app shows at `now`.
    #[cfg(test)]
    pub(super) fn code_at(&self, now: DateTime<Utc>) -> String {
        self.0.generate(u64::try_from(now.timestamp()).unwrap()).to_string()
    }

    /// The secret in Base32, for entering it into an app.
    pub(super) fn secret(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The `otpauth` URI with the secret, issuer and account name.
    pub(super) fn uri(&self) -> Result<String> {
        self.0.to_url().map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// The URI as a QR code.
    pub(super) fn qr_code(&self) -> Result<QrCodeImage> {
        QrCodeImage::encode(&self.uri()?)
    }
}

/// Generates a random secret.
pub(super) fn generate_secret() -> Result<Vec<u8>> {
    let mut secret = vec![0; SECRET_LENGTH];
    getrandom::fill(&mut secret).map_err(|error| Error::Internal(error.to_string().into()))?;
    Ok(secret)
}

/// A QR code that can be drawn as a single SVG path.
pub(super) struct QrCodeImage {
    /// The width and height in modules, including the border.
    pub(super) side: i32,
    /// The dark modules, as the `d` attribute of an SVG path.
    pub(super) path: String,
}

impl QrCodeImage {
    fn encode(text: &str) -> Result<Self> {
        use std::fmt::Write as _;
        let code = QrCode::encode_text(text, QrCodeEcc::Medium)
            .map_err(|error| Error::Internal(error.to_string().into()))?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
        }
        Ok(Self { side: code.size() + 2 * QUIET_ZONE, path })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::{QrCodeImage, Totp};

    /// The secret from RFC 6238, appendix B.
    fn totp() -> Totp {
        Totp::new(b"12345678901234567890", "a:nn@example.org").unwrap()
    }

    #[test]
    fn codes_match_the_rfc_test_vectors() {
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")]
        {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            assert_eq!(totp().matching_step(code, now), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn codes_are_accepted_one_step_early_or_late() {
        let now = DateTime::from_timestamp(1_111_111_109, 0).unwrap();
        let accepted_step = |steps: i64| {
            let code = totp().code_at(now + TimeDelta::seconds(30 * steps));
            totp().matching_step(&code, now).map(|step| step - now.timestamp() / 30)
        };
        assert_eq!([-2, -1, 0, 1, 2].map(accepted_step), [None, Some(-1), Some(0), Some(1), None]);
    }

    #[test]
    fn malformed_codes_are_rejected() {
        let now = DateTime::from_timestamp(1_234_567_890, 0).unwrap();
        for code in ["", "5924", "05924", "+05924", "0005924", "00592４"] {
            assert_eq!(totp().matching_step(code, now), None, "{code}");
        }
    }

    #[test]
    fn the_uri_contains_secret_issuer_and_account() {
        assert_eq!(totp().secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = totp().uri().unwrap();
        assert!(uri.starts_with("otpauth://totp/MotoVaultPro:a_nn%40example"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=MotoVaultPro"), "{uri}");
        assert!(!uri.contains("algorithm=") && !uri.contains("digits="), "{uri}");
    }

    #[test]
    fn a_qr_code_starts_inside_its_quiet_zone() {
        let qr = QrCodeImage::encode("otpauth://totp/a").unwrap();
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"), "{}", qr.path);
        assert!(qr.side >= 21 + 8);
    }
}
