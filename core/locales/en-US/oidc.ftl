### OpenID Connect: signing in with a provider, and linked accounts.

## Sign-in with a provider

oidc-provider-redirect = Continue to { $provider }
oidc-provider-redirect-about = Sign in there to link your account. You can then use it to sign in here.
oidc-provider-redirect-button = Continue
oidc-provider-unavailable = { $provider } is unavailable
oidc-provider-unavailable-about = { $provider } isn’t responding. Try again in a moment, or sign in another way.
oidc-provider-untrusted = Sign-in failed
oidc-provider-untrusted-about = The response from { $provider } couldn’t be verified, so you weren’t signed in. If this happens again, contact your administrator: the server log shows the reason.
oidc-provider-denied = Not signed in
oidc-provider-denied-about = { $provider } rejected the sign-in, or it was canceled there.
oidc-provider-expired = This sign-in has expired
oidc-provider-expired-about = It took longer than ten minutes, was already used, or was started in another browser. Start again.
oidc-provider-no-account = You don’t have an account here
oidc-provider-no-account-about = You’re signed in at { $provider }, but this server doesn’t accept new accounts. Ask your administrator. If you have an account with a password, sign in with it, then link { $provider } in the settings.
oidc-provider-email-taken = Your email address already has an account
oidc-provider-email-taken-about = An account here has the same email address as your account at { $provider }. The address alone isn’t enough to sign in. Sign in the way you did before, then link { $provider } in the settings under Linked accounts.
oidc-provider-email-unconfirmed-about = Your email address was registered here with a password, but never confirmed. If you registered it, sign in the way you did before, then link { $provider } in the settings under Linked accounts. If you didn’t, create a separate account.
oidc-provider-disabled = Your account is disabled
oidc-provider-disabled-about = Ask your administrator.
oidc-provider-unreviewed = Your password was reset
oidc-provider-unreviewed-about = Sign in with your new password first. Then check what has access to your account, and { $provider } works again.
oidc-provider-linked-elsewhere = Linked to another account
oidc-provider-linked-elsewhere-about = Your account at { $provider } is linked to another account here. Sign in to that account and unlink it first.
oidc-provider-use-password = Sign in with my password
oidc-provider-separate = Create a separate account with { $provider }
oidc-provider-again = Try { $provider } again
oidc-provider-other = Sign in another way
oidc-provider-back = Back to linked accounts

## Linked accounts

oidc-identities-about = Sign in with an account at another provider instead of a password.
oidc-identities-linked = Linked. You can now sign in with it.
oidc-identities-unlinked = Unlinked.
oidc-identities-confirm = Before you link an account, <link>enter your password again</link>.
oidc-identities-too-old = You signed in too long ago. Sign out, sign in again, then link the account.
oidc-identities-since = As { $subject } · linked { $day }
oidc-identities-unlink = Unlink
oidc-identities-unlink-named = Unlink { $provider }
oidc-identities-none = No sign-in providers are set up on this server.
oidc-identities-link = Link another account
oidc-identities-link-about = You sign in there once, then come back here.
oidc-identities-link-named = Link { $provider }

## What went wrong

oidc-last-identity = this is the only way to sign in: link another account first
