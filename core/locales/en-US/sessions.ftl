### Sessions: registration, sign-in, passwords, sessions and the access review.

## Registration

sessions-register-first = Create the first account
sessions-register-first-about = This server has no account yet. The first account becomes its administrator.
sessions-register = Create an account
sessions-register-about = For your own vehicles and fill-ups. Other users can’t see them.
sessions-register-invitation = This invitation can’t be used. { $reason }
sessions-register-password-about = At least 8 characters. A few unrelated words work well.
sessions-register-setup-token-about = Shown in the server log when the service started.
sessions-register-button = Create account
sessions-register-sign-in = Already have an account? <link>Sign in</link>.
sessions-registration-closed = Registration is closed
sessions-registration-closed-about = You can’t create an account on this server. Ask your administrator.
sessions-registration-invited = You need an invitation
sessions-registration-invited-about = To create an account on this server, you need an invitation link. Ask your administrator for one.

## Sign-in

sessions-sign-in = Sign in
sessions-sign-in-about = Your vehicles, fill-ups and fuel economy.
sessions-sign-in-to-send = You’re signed out. What you entered is saved on this device. Sign in to send it.
sessions-sign-in-passkey = Sign in with a passkey
sessions-sign-in-provider = Sign in with { $provider }
sessions-sign-in-register = No account? <link>Create one</link>.
sessions-sign-in-ask = No account? Ask your administrator.

## Labels of forms

sessions-label-display-name = Display name
sessions-label-setup-token = Setup token
sessions-label-invitation = Invitation
sessions-label-current-password = Current password
sessions-label-new-password = New password

## Password and sessions

sessions-security-password-changed = Password changed. You’re signed out everywhere else, and all tokens are revoked.
sessions-security-reviewed = Review completed. Everything that you didn’t remove works again.
sessions-security-ended = Session ended.
sessions-password = Password
sessions-password-about = Changing it signs you out everywhere else and revokes all tokens. <link>Passkeys, linked accounts and notifications</link> aren’t affected.
sessions-password-change = Change password
sessions-title = Sessions
sessions-about = Where you’re signed in. A session ends after 14 days without use.
sessions-times = Signed in { $since } · last used { $used }
sessions-current = This session · signed in { $since } · last used { $used }
sessions-end = Sign out
sessions-end-named = Sign out { $browser }
sessions-end-others = Sign out everywhere else
sessions-browser-unknown = Unknown browser

## Passkeys and two-factor authentication

sessions-passkeys-not-given = No passkey was given. Try again.
sessions-passkeys-exists = This device has a passkey for your account already.
sessions-passkeys-no-answer = The service did not answer. Try again.

## The access review after a password reset

sessions-review = Access to your account
sessions-review-about = What can sign in without your password, and where your data is sent.
sessions-review-reset = Your password was reset
sessions-review-reset-about = On { $day }, your password was changed with a reset link. You were signed out everywhere, and your access tokens and calendar link were revoked.
sessions-review-reset-by = On { $day }, your password was changed with a reset link that { $name } created. You were signed out everywhere, and your access tokens and calendar link were revoked.
sessions-review-reset-check = If someone else had access to your account, they may have added something below. Nothing on this list works until you complete this review.
sessions-review-none = You have no passkeys, linked accounts or notification channels.
sessions-review-added = { $name } · added { $day }
sessions-review-remove = Remove
sessions-review-remove-named = Remove { $name }
sessions-review-continue = Continue
sessions-review-complete = I recognize everything listed

## What is wrong with a field

sessions-field-email-taken = is already registered: sign in instead
sessions-field-password-wrong = isn’t your password
sessions-field-setup-token-missing = is required for the first account: the service logged it when it started
sessions-field-setup-token-wrong = isn’t the token that the service logged when it last started
