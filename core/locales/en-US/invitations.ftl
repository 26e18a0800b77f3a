### Invitations to create an account.

invitations-field-invalid = was already used, has expired, or is for another email address
