### Accounts: registration, sign-in and settings.

accounts-settings-language = Language
accounts-settings-language-about = For pages, error messages and email.
accounts-settings-language-browser = Same as your browser
accounts-field-time-zone = must be a time zone, such as Europe/Berlin
accounts-field-code = must be six digits or a recovery code
accounts-field-email = must be an email address, such as you@example.org
accounts-field-passkey = isn’t a valid passkey response: { $error }
accounts-field-password-short = must have at least 8 characters
