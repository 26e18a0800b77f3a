### Second factors: authenticator apps, recovery codes and passkeys.

## Sign-in: the second factor

factors-second-factor = Two-factor authentication
factors-second-factor-about = Your password is correct. One more step.
factors-second-factor-passkey = Use a passkey
factors-second-factor-code = Code
factors-second-factor-app-or-recovery = Six digits from your authenticator app, or a recovery code.
factors-second-factor-recovery = One of your recovery codes.
factors-second-factor-continue = Continue
factors-second-factor-other = Sign in as someone else

## Labels of forms

factors-label-passkey = Passkey name

## Passkeys and two-factor authentication

factors-required = Your administrator requires two-factor authentication. Set it up to continue.
factors-saved = Changes saved.
factors-confirm = Confirm it’s you
factors-confirm-about = Required before you change anything here. Valid for ten minutes.
factors-confirm-button = Confirm password
factors-passkeys = Passkeys
factors-passkeys-about = Sign in with your fingerprint, face or PIN, on this device or with a security key. You don’t need a password or a code.
factors-passkeys-none = No passkeys yet.
factors-passkeys-used = Added { $added }, last used { $used }
factors-passkeys-unused = Added { $added }, not used yet
factors-passkeys-remove = Remove
factors-passkeys-remove-named = Remove { $name }
factors-passkeys-unavailable = You can’t use passkeys at this address. They require https and a host name in the setting <code>server.public_url</code>. On the machine that runs the service, <code>http://localhost</code> works too.
factors-passkeys-name-about = For example, the device that it’s on.
factors-passkeys-add = Add passkey
factors-passkeys-script = Adding a passkey requires JavaScript.
factors-app = Authenticator app
factors-app-about = After your password, enter a six-digit code from an app on your phone.
factors-app-since = Set up on { $day }.
factors-app-none = Not set up.
factors-app-remove = Remove app
factors-app-begin = Set up app
factors-app-title = Set up an authenticator app
factors-app-scan = 1. Scan this code with the app
factors-app-qr = QR code with the key below
factors-app-open = On this phone? <link>Open the app</link>. Or enter this key:
factors-app-enter = 2. Enter the code that the app shows
factors-app-code-about = Six digits. The code changes every 30 seconds.
factors-app-confirm = Turn on authenticator app
factors-app-name = account
factors-recovery = Recovery codes
factors-recovery-about = If you lose your other factors, enter one of these codes after your password. Each code works once.
factors-recovery-left =
    { $count ->
        [0] None left.
        [one] One left.
       *[other] { $count } left.
    }
factors-recovery-renew = Create new codes
factors-recovery-renew-about = Your previous codes stop working.
factors-recovery-codes = Your recovery codes
factors-recovery-codes-about = Save these codes where you can find them without your phone, such as on paper or in a password manager. Each one works once, after your password.
factors-recovery-codes-passkey = Your passkey was added. Save these codes where you can find them without it. Each one works once, after your password. They won’t be shown again.
factors-recovery-codes-once = They won’t be shown again.
factors-recovery-codes-saved = I’ve saved them

## What is wrong with a field

factors-field-code = must be six digits or a recovery code
factors-field-code-app = must be six digits
factors-field-code-wrong = isn’t the app’s current code: check that your phone’s clock is right
factors-field-passkey = isn’t a valid passkey response: { $error }
factors-field-passkey-other = isn’t the response to this request: try again

## What went wrong

factors-app-exists = an authenticator app is already set up: remove it first
factors-recovery-without-factor = recovery codes require a second factor: set one up first
factors-too-many-passkeys = you already have { $most } passkeys: remove one first
factors-passkey-unreviewed = your password was reset: sign in with the new password first, then check your passkeys
factors-passkeys-unsupported = passkeys require the setting server.public_url, with https and a host name
