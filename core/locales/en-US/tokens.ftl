### Tokens: personal tokens and calendar links.

## Labels of forms

tokens-label-token = Name
tokens-label-token-access = Access
tokens-label-token-expires = Expires

## Access tokens

tokens-about = For scripts and other programs. A token sent as <code>Authorization: Bearer</code> gives access to the <link>API</link> in your name.
tokens-new = Copy your new token now
tokens-new-about = It won’t be shown again.
tokens-name-about = Where you use it, such as Home Assistant.
tokens-create = Create token
tokens-created = created { $day }
tokens-expires = expires { $day }
tokens-used = last used { $day }
tokens-unused = never used
tokens-revoke = Revoke
tokens-revoke-named = Revoke { $name }

## What is wrong with a field

tokens-field-expiration = must be in the future

## What went wrong

tokens-too-many-tokens = you already have { $most } tokens: revoke one first
tokens-token-gone = this token was shown in another session, or is revoked
tokens-calendar-link-gone = this calendar link was replaced or revoked
