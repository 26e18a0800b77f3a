### Administration: users, invitations, password resets and the security log.

## The pages

administration-tabs = Administration
administration-users = Users
administration-invitations = Invitations
administration-stations = Stations
administration-log = Security log
administration-administrator = Administrator
administration-disabled = Disabled

## Users

administration-users-lead = People with an account on this server. You can’t see their vehicles or fill-ups.
administration-users-invite = Invite user
administration-users-search = Name or email
administration-users-search-button = Search users
administration-users-none = No users found
administration-users-none-about = No name or email address contains this text.
administration-users-show-all = Show all users
administration-users-pages = Pages of users
administration-users-older = Show older accounts
administration-last-active = Last active { $day }
administration-never-active = No recent activity

## A user

administration-user = Account
administration-user-email = Email
administration-user-no-email = None
administration-user-since = Member since
administration-user-last-active = Last active
administration-user-reset = Reset password
administration-user-reset-about = Creates a link for the user to set a new password. It works once, within 24 hours. Using it ends all sessions and revokes all access tokens of the account. Earlier links stop working.
administration-user-reset-own = Creates a link for you to set a new password. It works once, within 24 hours. Using it ends all your sessions and revokes all your access tokens. Earlier links stop working.
administration-user-reset-button = Create reset link
administration-user-reset-link = Send this link to { $name }
administration-user-reset-link-about = It works once, until { $until }, and won’t be shown again. Anyone with this link can set a new password for the account.
administration-user-demote = Remove admin rights
administration-user-demote-about = They’ll no longer see these pages. Their vehicles and fill-ups stay as they are.
administration-user-demote-own = You’ll no longer see these pages. Your vehicles and fill-ups stay as they are.
administration-user-promote = Grant admin rights
administration-user-promote-about = Administrators invite users, disable accounts, reset passwords and read the security log. They can’t see the vehicles or fill-ups of other users.
administration-user-enable = Enable account
administration-user-enable-about = The user can sign in again with the same password. Access tokens must be created again.
administration-user-disable = Disable account
administration-user-disable-about = Ends all sessions and revokes all access tokens immediately. The user can no longer sign in. No data is deleted.
administration-user-disable-own = Ends all your sessions and revokes all your access tokens immediately. This is your own account: you’ll be signed out and can no longer sign in. No data is deleted.
administration-user-events = Recent activity
administration-user-events-all = Show all events
administration-user-events-none = No activity in the last 90 days.
administration-last-administrator = this is the last administrator: give another account admin rights first

## Invitations

administration-invitations-open = Registration is open: anyone can create an account, with or without an invitation.
administration-invitations-invite = Each invitation link lets one person create an account.
administration-invitations-closed = Registration is closed: no one can create an account.
administration-invitations-enable = To invite people, set <code>registration = "invite"</code> in the <code>[auth]</code> section of the settings, or <code>MVP__AUTH__REGISTRATION=invite</code> in the environment, and restart the service.
administration-invitation-link = Copy the invitation link now
administration-invitation-link-about = It won’t be shown again. It works for one account.
administration-invitation-email = Email
administration-invitation-email-hint = If set, only this address can register with the link.
administration-invitation-expires = Expires
administration-invitation-expires-hint = After 7 days if left empty.
administration-invitation-create = Create invitation
administration-invitation-anyone = Anyone with the link
administration-invitation-status-open = Created { $created }, expires { $day }
administration-invitation-status-used = Created { $created }, used { $day }
administration-invitation-status-expired = Created { $created }, expired { $day }
administration-invitation-withdraw = Withdraw invitation
administration-invitation-withdraw-named = Withdraw invitation: { $name }
administration-invitation-past = must be in the future
administration-invitation-too-far-ahead = must be within the next 90 days
administration-invitation-account-exists = is already in use by an account
administration-invitation-unusable = this invitation was already used or withdrawn

# In the security log: who an invitation is for, if not for one address.
administration-invitation-for-anyone = anyone

## The security log

administration-log-lead = Sign-ins and account changes, last 90 days.
administration-log-export = Export as CSV
administration-log-kind = Event
administration-log-kind-all = All events
administration-log-from = From
administration-log-to = To
administration-log-filter = Filter events
administration-log-user = Only events by or about <user>{ $name }</user>. <link>Show all users</link>
administration-log-none = No events found
administration-log-none-about = No event matches these filters.
administration-log-show-all = Show all events
administration-log-pages = Pages of the log
administration-log-older = Show older events
administration-event-actor = by { $name }
administration-event-repeated =
    { $count ->
        [one] { $count } time, last { $last }
       *[other] { $count } times, last { $last }
    }
administration-event-no-address = no IP address

## Password reset

administration-reset = Set a new password
administration-reset-about = It replaces your old password and signs you out on all devices.
administration-reset-password = New password
administration-reset-password-hint = At least 8 characters. A few unrelated words work well.
administration-reset-button = Set password
administration-reset-done = Your new password is set
administration-reset-done-about = You were signed out on all devices.

## Password reset links

administration-reset-link-replaced = this link was already used or replaced by a newer one
administration-reset-disabled = this account is disabled: enable it first
administration-reset-no-email = this account has no email address to sign in with
administration-reset-other-account = another account signs in with this email address, so a new password wouldn’t work for this one

## The command line

administration-password-unreadable = can’t be read: { $error }

## Email

administration-mail-reset-link-created = A password reset link was created for your account
administration-mail-reset-link-created-text = An administrator created a link that sets a new password for your account. It works once, within 24 hours. If you didn’t request it, contact your administrator.
administration-mail-reset-link-used = Your password was reset
administration-mail-reset-link-used-text =
    Your password was changed with a reset link. You were signed out on all devices, and your access tokens and calendar link were revoked.

    Sign in to check what else has access to your account. If you didn’t change the password, contact your administrator.
