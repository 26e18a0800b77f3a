### Accounts: registration, sign-in and settings.

## Sign-in

accounts-sign-out = Sign out

## Settings

accounts-settings = Settings
accounts-settings-saved = Settings saved.
accounts-settings-save = Save settings
accounts-settings-units = Units
accounts-settings-units-about = Used wherever you enter or see a number. Existing fill-ups are converted for display only.
accounts-settings-time = Time
accounts-settings-time-about = Determines which day “today” is when you log a fill-up.
accounts-settings-time-zone-about = Region and city, such as America/Chicago.
accounts-settings-language = Language
accounts-settings-language-about = For pages, error messages and email.
accounts-settings-language-browser = Same as your browser
accounts-settings-appearance = Appearance
accounts-settings-appearance-about = System follows your device.
accounts-settings-security = Sign-in & security
accounts-settings-security-about = How you and your apps access this account.
accounts-settings-reminders = Reminders
accounts-settings-reminders-about = Get notified when maintenance is due.
accounts-settings-notifications = Notifications
accounts-settings-calendar = Calendar
accounts-settings-account = Account
accounts-settings-account-about = Your profile on this server.
accounts-settings-name = Name
accounts-settings-role = Role
accounts-settings-role-administrator = Administrator
accounts-settings-role-user = User
accounts-settings-since = Member since
accounts-theme-system = System
accounts-theme-light = Light
accounts-theme-dark = Dark

## The first step after registration

accounts-welcome = Your units
accounts-welcome-about = Filled in for your browser. You can change all of it later in the settings.
accounts-welcome-units = Units
accounts-welcome-metric = Metric
accounts-welcome-metric-about = Kilometers, liters, L/100 km
accounts-welcome-us = US
accounts-welcome-us-about = Miles, US gallons, mpg
accounts-welcome-uk = UK
accounts-welcome-uk-about = Miles, liters, imperial mpg
accounts-welcome-save = Save and add a vehicle
accounts-welcome-skip = Skip for now
accounts-welcome-saved = Your units are saved.

## Labels of forms

accounts-label-email = Email
accounts-label-password = Password
accounts-label-distance = Distance
accounts-label-volume = Volume
accounts-label-economy = Fuel economy
accounts-label-currency = Currency
accounts-label-time-zone = Time zone
accounts-label-theme = Theme

## Password and sessions

accounts-security = Password and sessions
accounts-browser-on-system = { $browser } on { $system }

## Passkeys and two-factor authentication

accounts-factors = Passkeys and two-factor authentication

## Linked accounts

accounts-identities = Linked accounts

## Access tokens

accounts-tokens = Personal access tokens
accounts-scope-read = Read only
accounts-scope-write = Read and write

## The access review after a password reset

accounts-grant-passkey = Passkey
accounts-grant-identity = Linked account
accounts-grant-channel = Notification channel

## Confirming an email address

accounts-mail-confirm-subject = Confirm your email address
accounts-mail-confirm-text =
    Someone, probably you, asked MotoVaultPro at { $base } to send notifications to this address.

    To confirm that the address is yours, open this link within two days:

    { $link }

    If you did not request this, ignore this message. Nothing else will be sent.
accounts-confirm-address = Confirm your email address
accounts-confirm-address-about = Is this your address, and do you want notifications sent to it?
accounts-confirm-address-button = Confirm address
accounts-confirm-address-done = Your email address is confirmed. You now get notifications by email.
accounts-confirm-address-notifications = Notifications

## What is wrong with a field

accounts-field-time-zone = must be a time zone, such as Europe/Berlin
accounts-field-units = must be metric, US or UK
accounts-field-email = must be an email address, such as you@example.org
accounts-field-password-short = must have at least 8 characters
accounts-field-password-setting = is required until there is an account

## What went wrong

accounts-email-taken = an account with this email address already exists
accounts-created-concurrently = this was just created by another request
