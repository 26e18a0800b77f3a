### Notifications: channels, and the messages that they get.

## The page of channels

notifications-title = Notifications
notifications-lead = We notify you in the morning when maintenance becomes due.
notifications-kind = Send by
notifications-kind-mail = Email
notifications-kind-webhook = Webhook
notifications-kind-ntfy = ntfy
notifications-kind-gotify = Gotify
notifications-address = Address
notifications-address-hint = The URL of the webhook, ntfy topic or Gotify server. Leave empty for email, which goes to your account’s address after you confirm it.
notifications-secret = Secret
notifications-secret-hint = For a webhook, a password that signs its requests. For Gotify, the application token. For ntfy, an access token if the topic needs one. Leave empty for email.
notifications-add = Add channel
notifications-remove = Remove channel
notifications-send-test = Send test message
notifications-test-sent = Test message sent
notifications-test-not-sent = The test message wasn’t delivered
notifications-resend-link = Resend confirmation link
notifications-link-sent = We sent the link to { $email }.
notifications-link-not-sent = The link wasn’t sent
notifications-unconfirmed = <b>Email address not confirmed.</b> Open the link we sent you.
notifications-unreviewed = <b>Paused until you review it.</b> <link>Review access</link>
notifications-confirm = Confirm it’s you
notifications-confirm-about = A notification channel sends your data elsewhere. To add one, enter your password. We won’t ask again for ten minutes.
notifications-confirm-password = Password
notifications-confirm-button = Confirm password

# A channel, where all kinds of access to an account are listed.
notifications-grant = { $kind }: { $address }

# In the security log: how a channel was removed.
notifications-removed-by-link = Email, with the unsubscribe link

## The page to unsubscribe

notifications-unsubscribe = Unsubscribe from notifications
notifications-unsubscribe-about = You’ll no longer get email about maintenance that is due.
notifications-unsubscribe-button = Unsubscribe
notifications-unsubscribed = You’re unsubscribed. You can turn email notifications on again in the settings.

## The messages

notifications-message-due-soon = Maintenance: { $soon } due soon
notifications-message-overdue = Maintenance: { $overdue } overdue
notifications-message-overdue-and-due-soon = Maintenance: { $overdue } overdue, { $soon } due soon
notifications-message-more = and { $count } more
notifications-message-test = Test message from MotoVaultPro
notifications-message-test-text = It works! Your maintenance reminders will arrive here.
notifications-message-unsubscribe = To stop these emails, open { $link }

## Why a channel can’t be added or tested

notifications-email-not-configured = isn’t available: email isn’t set up on this server
notifications-field-address = must be a web address, such as https://example.org/hook
notifications-field-address-of-email = must be empty for email, which goes to your account’s address
notifications-field-secret-of-email = must be empty for email
notifications-field-private = is in a private network or on this server, which isn’t allowed: ask your administrator
notifications-field-private-setting = is in a private network or on this server: set notifications.allow_private_addresses to allow it
notifications-field-port = has a port that isn’t allowed: ask your administrator
notifications-field-port-setting = has a port that isn’t listed in notifications.ports
notifications-too-many = you can’t have more than { $most } channels: remove one first
notifications-duplicate-email = you already get notifications by email
notifications-duplicate-address = you already have a channel with this address
notifications-already-confirmed = your email address is already confirmed
notifications-too-many-links = too many links were sent: check your spam folder, or try again later
notifications-tested-recently = the last test was less than a minute ago: try again shortly
notifications-test-unconfirmed = your email address isn’t confirmed: open the link we sent you
notifications-test-unreviewed = your password was reset: review access to your account first

## Why a message wasn’t delivered

notifications-not-delivered = the message couldn’t be sent: { $error }
notifications-timeout = no response within { $seconds } seconds
notifications-too-many-messages = your account has reached its daily limit of messages
notifications-port-not-allowed = this server doesn’t allow the port of this address
notifications-private-address = the address is in a private network or on this server
notifications-invalid-address = the address is invalid
notifications-unreachable = the server can’t be reached
notifications-response-status = the server responded with status { $status }
notifications-secret-invalid = the secret can’t be used for signing
notifications-secret-unreadable = the secret can’t be read anymore: remove this channel and add it again

## After an action

notifications-added = The channel is added.
notifications-removed = The channel is removed.
