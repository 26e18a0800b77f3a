### Accounts: registration, sign-in and settings.

## Registration

accounts-register-first = Create the first account
accounts-register-first-about = This server has no account yet. The first account becomes its administrator.
accounts-register = Create an account
accounts-register-about = For your own vehicles and fill-ups. Other users can’t see them.
accounts-register-invitation = This invitation can’t be used. { $reason }
accounts-register-password-about = At least 8 characters. A few unrelated words work well.
accounts-register-setup-token-about = Shown in the server log when the service started.
accounts-register-button = Create account
accounts-register-sign-in = Already have an account? <link>Sign in</link>.
accounts-registration-closed = Registration is closed
accounts-registration-closed-about = You can’t create an account on this server. Ask your administrator.
accounts-registration-invited = You need an invitation
accounts-registration-invited-about = To create an account on this server, you need an invitation link. Ask your administrator for one.

## Sign-in

accounts-sign-in = Sign in
accounts-sign-in-about = Your vehicles, fill-ups and fuel economy.
accounts-sign-in-passkey = Sign in with a passkey
accounts-sign-in-provider = Sign in with { $provider }
accounts-sign-in-register = No account? <link>Create one</link>.
accounts-sign-in-ask = No account? Ask your administrator.
accounts-sign-out = Sign out

## Sign-in: the second factor

accounts-second-factor = Two-factor authentication
accounts-second-factor-about = Your password is correct. One more step.
accounts-second-factor-passkey = Use a passkey
accounts-second-factor-code = Code
accounts-second-factor-app-or-recovery = Six digits from your authenticator app, or a recovery code.
accounts-second-factor-recovery = One of your recovery codes.
accounts-second-factor-continue = Continue
accounts-second-factor-other = Sign in as someone else

## Sign-in with a provider

accounts-provider-redirect = Continue to { $provider }
accounts-provider-redirect-about = Sign in there to link your account. You can then use it to sign in here.
accounts-provider-redirect-button = Continue
accounts-provider-unavailable = { $provider } is unavailable
accounts-provider-unavailable-about = { $provider } isn’t responding. Try again in a moment, or sign in another way.
accounts-provider-untrusted = Sign-in failed
accounts-provider-untrusted-about = The response from { $provider } couldn’t be verified, so you weren’t signed in. If this happens again, contact your administrator: the server log shows the reason.
accounts-provider-denied = Not signed in
accounts-provider-denied-about = { $provider } rejected the sign-in, or it was canceled there.
accounts-provider-expired = This sign-in has expired
accounts-provider-expired-about = It took longer than ten minutes, was already used, or was started in another browser. Start again.
accounts-provider-no-account = You don’t have an account here
accounts-provider-no-account-about = You’re signed in at { $provider }, but this server doesn’t accept new accounts. Ask your administrator. If you have an account with a password, sign in with it, then link { $provider } in the settings.
accounts-provider-email-taken = Your email address already has an account
accounts-provider-email-taken-about = An account here has the same email address as your account at { $provider }. The address alone isn’t enough to sign in. Sign in the way you did before, then link { $provider } in the settings under Linked accounts.
accounts-provider-email-unconfirmed-about = Your email address was registered here with a password, but never confirmed. If you registered it, sign in the way you did before, then link { $provider } in the settings under Linked accounts. If you didn’t, create a separate account.
accounts-provider-disabled = Your account is disabled
accounts-provider-disabled-about = Ask your administrator.
accounts-provider-unreviewed = Your password was reset
accounts-provider-unreviewed-about = Sign in with your new password first. Then check what has access to your account, and { $provider } works again.
accounts-provider-linked-elsewhere = Linked to another account
accounts-provider-linked-elsewhere-about = Your account at { $provider } is linked to another account here. Sign in to that account and unlink it first.
accounts-provider-use-password = Sign in with my password
accounts-provider-separate = Create a separate account with { $provider }
accounts-provider-again = Try { $provider } again
accounts-provider-other = Sign in another way
accounts-provider-back = Back to linked accounts

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

## Labels of forms

accounts-label-email = Email
accounts-label-password = Password
accounts-label-display-name = Display name
accounts-label-setup-token = Setup token
accounts-label-invitation = Invitation
accounts-label-distance = Distance
accounts-label-volume = Volume
accounts-label-economy = Fuel economy
accounts-label-currency = Currency
accounts-label-time-zone = Time zone
accounts-label-theme = Theme
accounts-label-current-password = Current password
accounts-label-new-password = New password
accounts-label-passkey = Passkey name
accounts-label-token = Name
accounts-label-token-access = Access
accounts-label-token-expires = Expires

## Password and sessions

accounts-security = Password and sessions
accounts-security-password-changed = Password changed. You’re signed out everywhere else, and all tokens are revoked.
accounts-security-reviewed = Review completed. Everything that you didn’t remove works again.
accounts-security-ended = Session ended.
accounts-password = Password
accounts-password-about = Changing it signs you out everywhere else and revokes all tokens. <link>Passkeys, linked accounts and notifications</link> aren’t affected.
accounts-password-change = Change password
accounts-sessions = Sessions
accounts-sessions-about = Where you’re signed in. A session ends after 14 days without use.
accounts-sessions-times = Signed in { $since } · last used { $used }
accounts-sessions-current = This session · signed in { $since } · last used { $used }
accounts-sessions-end = Sign out
accounts-sessions-end-named = Sign out { $browser }
accounts-sessions-end-others = Sign out everywhere else
accounts-browser-unknown = Unknown browser
accounts-browser-on-system = { $browser } on { $system }

## Passkeys and two-factor authentication

accounts-factors = Passkeys and two-factor authentication
accounts-factors-required = Your administrator requires two-factor authentication. Set it up to continue.
accounts-factors-saved = Changes saved.
accounts-factors-confirm = Confirm it’s you
accounts-factors-confirm-about = Required before you change anything here. Valid for ten minutes.
accounts-factors-confirm-button = Confirm password
accounts-passkeys = Passkeys
accounts-passkeys-about = Sign in with your fingerprint, face or PIN, on this device or with a security key. You don’t need a password or a code.
accounts-passkeys-none = No passkeys yet.
accounts-passkeys-used = Added { $added }, last used { $used }
accounts-passkeys-unused = Added { $added }, not used yet
accounts-passkeys-remove = Remove
accounts-passkeys-remove-named = Remove { $name }
accounts-passkeys-unavailable = You can’t use passkeys at this address. They require https and a host name in the setting <code>server.public_url</code>. On the machine that runs the service, <code>http://localhost</code> works too.
accounts-passkeys-name-about = For example, the device that it’s on.
accounts-passkeys-add = Add passkey
accounts-passkeys-script = Adding a passkey requires JavaScript.
accounts-passkeys-not-given = No passkey was given. Try again.
accounts-passkeys-exists = This device has a passkey for your account already.
accounts-passkeys-no-answer = The service did not answer. Try again.
accounts-app = Authenticator app
accounts-app-about = After your password, enter a six-digit code from an app on your phone.
accounts-app-since = Set up on { $day }.
accounts-app-none = Not set up.
accounts-app-remove = Remove app
accounts-app-begin = Set up app
accounts-app-title = Set up an authenticator app
accounts-app-scan = 1. Scan this code with the app
accounts-app-qr = QR code with the key below
accounts-app-open = On this phone? <link>Open the app</link>. Or enter this key:
accounts-app-enter = 2. Enter the code that the app shows
accounts-app-code-about = Six digits. The code changes every 30 seconds.
accounts-app-confirm = Turn on authenticator app
accounts-app-name = account
accounts-recovery = Recovery codes
accounts-recovery-about = If you lose your other factors, enter one of these codes after your password. Each code works once.
accounts-recovery-left =
    { $count ->
        [0] None left.
        [one] One left.
       *[other] { $count } left.
    }
accounts-recovery-renew = Create new codes
accounts-recovery-renew-about = Your previous codes stop working.
accounts-recovery-codes = Your recovery codes
accounts-recovery-codes-about = Save these codes where you can find them without your phone, such as on paper or in a password manager. Each one works once, after your password.
accounts-recovery-codes-passkey = Your passkey was added. Save these codes where you can find them without it. Each one works once, after your password. They won’t be shown again.
accounts-recovery-codes-once = They won’t be shown again.
accounts-recovery-codes-saved = I’ve saved them

## Linked accounts

accounts-identities = Linked accounts
accounts-identities-about = Sign in with an account at another provider instead of a password.
accounts-identities-linked = Linked. You can now sign in with it.
accounts-identities-unlinked = Unlinked.
accounts-identities-confirm = Before you link an account, <link>enter your password again</link>.
accounts-identities-too-old = You signed in too long ago. Sign out, sign in again, then link the account.
accounts-identities-since = As { $subject } · linked { $day }
accounts-identities-unlink = Unlink
accounts-identities-unlink-named = Unlink { $provider }
accounts-identities-none = No sign-in providers are set up on this server.
accounts-identities-link = Link another account
accounts-identities-link-about = You sign in there once, then come back here.
accounts-identities-link-named = Link { $provider }

## Access tokens

accounts-tokens = Personal access tokens
accounts-tokens-about = For scripts and other programs. A token sent as <code>Authorization: Bearer</code> gives access to the <link>API</link> in your name.
accounts-tokens-new = Copy your new token now
accounts-tokens-new-about = It won’t be shown again.
accounts-tokens-name-about = Where you use it, such as Home Assistant.
accounts-tokens-create = Create token
accounts-tokens-created = created { $day }
accounts-tokens-expires = expires { $day }
accounts-tokens-used = last used { $day }
accounts-tokens-unused = never used
accounts-tokens-revoke = Revoke
accounts-tokens-revoke-named = Revoke { $name }
accounts-scope-read = Read only
accounts-scope-write = Read and write

## The access review after a password reset

accounts-review = Access to your account
accounts-review-about = What can sign in without your password, and where your data is sent.
accounts-review-reset = Your password was reset
accounts-review-reset-about = On { $day }, your password was changed with a reset link. You were signed out everywhere, and your access tokens and calendar link were revoked.
accounts-review-reset-by = On { $day }, your password was changed with a reset link that { $name } created. You were signed out everywhere, and your access tokens and calendar link were revoked.
accounts-review-reset-check = If someone else had access to your account, they may have added something below. Nothing on this list works until you complete this review.
accounts-review-none = You have no passkeys, linked accounts or notification channels.
accounts-review-added = { $name } · added { $day }
accounts-review-remove = Remove
accounts-review-remove-named = Remove { $name }
accounts-review-continue = Continue
accounts-review-complete = I recognize everything listed
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
accounts-field-code = must be six digits or a recovery code
accounts-field-code-app = must be six digits
accounts-field-code-wrong = isn’t the app’s current code: check that your phone’s clock is right
accounts-field-email = must be an email address, such as you@example.org
accounts-field-email-taken = is already registered: sign in instead
accounts-field-passkey = isn’t a valid passkey response: { $error }
accounts-field-passkey-other = isn’t the response to this request: try again
accounts-field-password-short = must have at least 8 characters
accounts-field-password-wrong = isn’t your password
accounts-field-password-setting = is required until there is an account
accounts-field-setup-token-missing = is required for the first account: the service logged it when it started
accounts-field-setup-token-wrong = isn’t the token that the service logged when it last started
accounts-field-expiration = must be in the future

## What went wrong

accounts-email-taken = an account with this email address already exists
accounts-app-exists = an authenticator app is already set up: remove it first
accounts-recovery-without-factor = recovery codes require a second factor: set one up first
accounts-too-many-passkeys = you already have { $most } passkeys: remove one first
accounts-passkey-unreviewed = your password was reset: sign in with the new password first, then check your passkeys
accounts-passkeys-unsupported = passkeys require the setting server.public_url, with https and a host name
accounts-created-concurrently = this was just created by another request
accounts-last-identity = this is the only way to sign in: link another account first
accounts-too-many-tokens = you already have { $most } tokens: revoke one first
accounts-token-gone = this token was shown in another session, or is revoked
accounts-calendar-link-gone = this calendar link was replaced or revoked
