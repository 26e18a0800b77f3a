### Maintenance: schedules, services and reminders.

maintenance-field-type = must be lowercase words joined by underscores, such as oil_change
