### What every page shares, problem documents, and what is wrong with a field.

## The frame of a page

core-language = English (United States)
core-skip-to-content = Skip to content
core-menu = Main
core-menu-home = Home
core-menu-vehicles = Vehicles
core-menu-maintenance = Maintenance
core-menu-stations = Stations
core-menu-trash = Trash
core-menu-settings = Settings
core-menu-admin = Admin
core-menu-add-fill-up = Add fill-up
core-menu-more = More
core-log-out = Sign out
core-undo = Undo
core-log-in = Sign in
core-log-service = Log a service
core-waiting = Waiting to be sent
core-sign-out-waiting = Some entries on this device haven’t been sent yet. Signing out deletes them. Sign out anyway?
core-review-access = Your password was reset. <link>Check what has access to your account</link>.
core-footer = Self-hosted. Your data stays here.

## Without a connection

core-offline = You’re offline
core-offline-text = This page needs a connection. You can still add a fill-up, an odometer reading or a service: it’s sent as soon as you’re back online.

## Forms

core-optional = optional
core-not-saved = Please check the form
core-value-is-correct = This is correct
core-value-is-unknown = I don’t know it
core-verbatim = { $text }
core-test-link = Open <link>{ $name }</link> <b>now</b>

## Pages for errors

core-error-status = Error { $status }
core-error-request = Request ID in the server log: <code>{ $id }</code>
core-error-restore = Restore vehicle
core-error-back = Back to vehicles
core-error-trash = Open trash

## Problems: the title of each kind, and what its page explains

core-problem = Problem
core-problem-malformed = Malformed request
core-problem-malformed-text = The body isn’t valid JSON or form data, or doesn’t match its Content-Type. Nothing was changed.
core-problem-unauthorized = Not signed in
core-problem-unauthorized-text = The request has no valid session or token. Sign in, then send it again.
core-problem-wrong-password = Sign-in failed
core-problem-wrong-password-text = The email address or the password is wrong. The response doesn’t say which, so that it doesn’t reveal who has an account.
core-problem-second-factor-required = Second factor required
core-problem-second-factor-required-text = The password was correct. Within ten minutes, enter a code from your authenticator app or a recovery code, or use a passkey.
core-problem-wrong-factor = Second factor rejected
core-problem-wrong-factor-text = The code is wrong, was already used or has expired, or the passkey is unknown. Each code works once.
core-problem-second-factor-missing = Set up two-factor authentication first
core-problem-second-factor-missing-text = Your administrator requires two-factor authentication. Set it up to continue.
core-problem-confirmation-required = Enter your password again
core-problem-confirmation-required-text = Changes to sign-in settings require a password entered within the last ten minutes. Send it to /api/auth/confirm, then repeat the request.
core-problem-factor-exists = Already set up
core-problem-factor-exists-text = The account already has an authenticator app. Remove it before you set up another.
core-problem-forbidden = You don’t have permission to do this
core-problem-forbidden-text = Your account doesn’t have permission for this, or the request came from another site.
core-problem-not-found = Not found
core-problem-not-found-text = Nothing exists at this address, or you don’t have access to it.
core-problem-method-not-allowed = Method not allowed
core-problem-method-not-allowed-text = The address exists but doesn’t support this HTTP method. The Allow header lists the methods that it supports.
core-problem-duplicate-vin = You already have this vehicle
core-problem-duplicate-vin-text = You have a vehicle with this VIN; vehicleId is its ID. Change that vehicle instead.
core-problem-vin-in-trash = This vehicle is in your trash
core-problem-vin-in-trash-text = You deleted a vehicle with this VIN; vehicleId is its ID. Restore it to get it back with all its records.
core-problem-vehicle-in-trash = This vehicle is in your trash
core-problem-vehicle-in-trash-text = You deleted this vehicle; vehicleId is its ID. To get it back with its fill-ups and services, send a POST request to the address in restore.
core-problem-duplicate-email = This email address is already registered
core-problem-duplicate-email-text = An account with this email address already exists. Sign in instead.
core-problem-duplicate-place = This place is already saved
core-problem-duplicate-place-text = A station with this googlePlaceId already exists. Use that station instead.
core-problem-last-administrator = The last administrator can’t be removed
core-problem-last-administrator-text = This is the only enabled administrator. Give another account admin rights first.
core-problem-already-completed = Already done
core-problem-already-completed-text = This maintenance item is already completed. If it repeats, the next one is a separate item.
core-problem-not-recurring = This item doesn’t repeat
core-problem-not-recurring-text = Only a repeating item can be skipped. Postpone or delete this one instead.
core-problem-too-far-ahead = The next due date is too far ahead
core-problem-too-far-ahead-text = The next occurrence would be more than a hundred years away, or beyond the highest odometer reading. Complete or delete the item, or shorten its interval.
core-problem-in-flight = The same request is in progress
core-problem-in-flight-text = A request with this Idempotency-Key is still being processed. Retry shortly with the same key: it is processed once, and you get its response.
core-problem-too-many = Limit reached
core-problem-too-many-text = An account can only have a limited number of these. Remove one first.
core-problem-conflict = Conflict with existing data
core-problem-conflict-text = The request is valid but conflicts with what is stored. Nothing was changed.
core-problem-last-way-in = This is the only way to sign in
core-problem-last-way-in-text = Without it, you couldn’t sign in anymore. Add another sign-in method first.
core-problem-precondition-failed = Changed by someone else
core-problem-precondition-failed-text = The record no longer matches If-Match. Fetch it again, then decide.
core-problem-too-large = Request too large
core-problem-too-large-text = The body exceeds the size limit. Nothing was changed.
core-problem-unsupported-media-type = Unsupported media type
core-problem-unsupported-media-type-text = Send the body as application/json. PATCH requests can also use application/merge-patch+json.
core-problem-unsupported-encoding = Compressed bodies aren’t supported
core-problem-unsupported-encoding-text = The request has a Content-Encoding header, such as gzip. Send the body uncompressed, without that header. Nothing was changed.
core-problem-unknown-host = Unknown host
core-problem-unknown-host-text = This server doesn’t accept requests for this host name. An administrator can set server.public_url to the address that people open, or add the name to server.hosts.
core-problem-invalid = Some fields are invalid
core-problem-invalid-text = The errors list each invalid field and the reason. Nothing was changed.
core-problem-odometer-order = The odometer reading is out of order
core-problem-odometer-order-text = Readings must increase with the date. The error names the conflicting reading. Correct the reading or the date. If the odometer was replaced or turned back, send "allowOdometerRollback": true.
core-problem-implausible = Please check these values
core-problem-implausible-text = Each error names a value that looks wrong, and what was expected. Correct it, or repeat the request with its pointer in "confirm", such as "confirm": ["/odometerReading"]. Nothing was changed.
core-problem-too-many-requests = Too many attempts
core-problem-too-many-requests-text = Wait the number of seconds in Retry-After, then try again.
core-problem-unavailable = Temporarily unavailable
core-problem-unavailable-text = The database is unavailable, or the request took too long and may or may not have been processed. Retry with the same Idempotency-Key, or check first.
core-problem-overloaded = The server is busy
core-problem-overloaded-text = The server is over capacity. Nothing was changed. Wait the number of seconds in Retry-After, then try again.
core-problem-internal = Internal server error
core-problem-internal-text = Something went wrong on the server. The server log has the details under the request’s X-Request-Id.

## Problems: what went wrong this time

core-sign-in-first = sign in first
core-invalid-token = invalid or expired token
core-wrong-password = wrong email address or password
core-second-factor-required = the password is correct; a second factor is required
core-wrong-factor = the code or passkey is invalid, expired or already used
core-second-factor-missing = set up two-factor authentication first
core-confirmation-required = enter your password again first
core-in-trash = { $title } is in your trash: restore it first
core-method-not-allowed = this address doesn’t support that method
core-stale = this was changed by someone else in the meantime: fetch it again
core-too-large = the request exceeds the size limit
core-unsupported-media-type = the body must be { $media_type }
core-unsupported-encoding = this Content-Encoding isn’t supported: send the body without one
core-unknown-host = this server doesn’t accept requests for the host { $host }: open it at the address in server.public_url, set server.public_url, or add the name to server.hosts
core-unknown-host-before-setup = until it has an account, this server doesn’t accept requests for the host { $host }: open it at the address in server.public_url, set server.public_url, or add the name to server.hosts
core-too-many-requests = too many attempts: try again later
core-unavailable = the service is temporarily unavailable: try again shortly
core-overloaded = the server is busy: try again shortly
core-internal = something went wrong on the server
core-fields-invalid =
    { $count ->
        [one] { $count } field is invalid: { $names }
       *[other] { $count } fields are invalid: { $names }
    }
core-field-detail = { $name }: { $detail }
core-other-site = the request comes from another site

## Email that could not be sent

core-mail-timeout = the mail server didn’t respond within { $seconds } seconds
core-mail-not-configured = email isn’t set up on this server
core-mail-sender = the sender address in mail.from is invalid
core-mail-recipient = the account has no valid email address
core-mail-invalid = the message couldn’t be sent: { $error }
core-mail-rejected = the mail server didn’t accept the message

## Not found

core-not-found-account = account not found
core-not-found-address = address not found
core-not-found-authenticator = authenticator app not found
core-not-found-new-authenticator = no authenticator app is being set up
core-not-found-calendar = calendar not found
core-not-found-calendar-link = calendar link not found
core-not-found-channel = notification channel not found
core-not-found-fuel-log = fill-up not found
core-not-found-identity = linked account not found
core-not-found-invitation = invitation not found
core-not-found-used-invitation = this invitation is no longer valid: ask for a new one
core-not-found-link = this link is invalid, was already used or has expired: ask for a new one
core-not-found-maintenance-item = maintenance item not found
core-not-found-reading = odometer reading not found
core-not-found-page = page not found
core-not-found-passkey = passkey not found
core-not-found-record = not found
core-not-found-session = session not found
core-not-found-station = station not found
core-not-found-found-station = this search result has expired: search again
core-not-found-token = token not found
core-not-found-user = user not found
core-not-found-vehicle = vehicle not found

## Conflicts

core-request-in-flight = a request with this Idempotency-Key is already being processed

## Not allowed

core-forbidden-token = access tokens can’t do this: sign in
core-forbidden-read-only-token = this access token is read-only
core-forbidden-invitation-only = registration requires an invitation: ask an administrator for one
core-forbidden-registration = registration is closed: ask your administrator
core-forbidden-invitations = registration is closed, so no one can be invited
core-forbidden-not-administrator = only an administrator can do this
core-forbidden-station = only the user who added this station or an administrator can do this
core-forbidden-unlisted-station = this station is no longer listed and can’t be changed
core-forbidden-other-account = this form belongs to another account: open it again
core-forbidden-no-password = this account has no password: sign in again

## What is wrong with a field

core-field-required = is required
core-field-in-trash = is a vehicle in your trash: restore it first
core-field-unknown = is unknown
core-field-twice = appears more than once
core-field-not-clearable = can’t be empty
core-field-empty = is empty
core-field-object = the body must be a JSON object
core-field-string = must be a string
core-field-boolean = must be true or false
core-field-number = must be a number
core-field-whole-number = must be a whole number
core-field-not-negative = must not be negative
core-field-too-long =
    { $most ->
        [one] must have at most { $most } character
       *[other] must have at most { $most } characters
    }
core-field-range = must be from { $least } to { $most }
core-field-choice = must be one of: { $choices }
core-field-date = must be a date in the form YYYY-MM-DD
core-field-date-too-early = must not be before { $year }
core-field-date-year-ahead = must not be more than a year ahead
core-field-date-century-ahead = must not be more than a hundred years ahead
core-field-time = must be a date and time, such as 2026-12-31T23:59:59Z
core-field-control-character = contains a control character
core-field-invisible-first = contains an invisible character, { $code } ({ $name }), at the beginning: remove it
core-field-invisible-after = contains an invisible character, { $code } ({ $name }), after “{ $before }”: remove it
core-field-only-invisible = contains only invisible characters: enter at least one visible character
core-field-pointers = must be a list of JSON pointers, such as ["/vin"]
core-field-number-empty = is empty: enter a number
core-field-number-digits = must be written with the digits 0 to 9
core-field-number-sign = must be written without a plus or minus sign
core-field-number-symbol = must be a number in digits, without a unit or a currency
core-field-number-groups = has its separators in the wrong places: enter it as in 1234.5, 1,234.5 or 1.234,5
core-field-number-decimals =
    { $most ->
        [one] has more than 1 decimal: round it to one
       *[other] has more than { $most } decimals: round it to { $most }
    }
core-field-currency = must be a currency code, such as USD or EUR
core-field-currency-whole = must be a whole number: { $currency } has no decimals
core-field-currency-decimals = has too many decimals: { $currency } amounts have { $decimals }
core-field-positive = must be more than 0
core-field-measurement = must be an object with a value and a { $unit }
core-field-distance-contradicts = contradicts the value in { $unit }, which is { $miles } mi: send only one of them
core-field-distance-unit = must have a unit of mi or km
core-field-volume-unit = must have a unit of l, gal_us or gal_uk
core-field-price-unit = must be per l, gal_us or gal_uk
core-field-key = must be 1 to { $most } printable characters
core-field-key-reused = was used for a different request within the last 24 hours
core-field-cursor = isn’t a cursor from this service
core-body-not-json = the body isn’t valid JSON: { $error }
core-body-cut-short = the body ended too early
core-body-form = the form is incomplete: { $error }
core-field-decimals =
    { $most ->
        [0] must be a whole number
        [one] must have at most { $most } decimal
       *[other] must have at most { $most } decimals
    }
core-field-number-too-large = is too large: at most { $most } digits before the decimal point
core-host-mismatch = the address and the Host header of the request name different hosts
core-host-count = the request must have exactly one Host header
core-host-invalid = the Host header isn’t a valid host name
core-field-nested = must be an object
core-field-id = must be an ID (a UUID)

## Units

core-unit-miles = Miles
core-unit-kilometers = Kilometers
core-unit-us-gallons = US gallons
core-unit-imperial-gallons = Imperial gallons
core-unit-liters = Liters
core-unit-mpg-us = Miles per US gallon
core-unit-mpg-imperial = Miles per imperial gallon
core-unit-liters-per-100-km = Liters per 100 km
core-unit-km-per-liter = Kilometers per liter
