### Maintenance: schedules, services and reminders.

## Every page

maintenance-title = Maintenance
maintenance-log-service = Log a service
maintenance-log-service-for = Log a service for { $vehicle }
maintenance-add-reminder = Add reminder
maintenance-add-reminder-for = Add reminder for { $vehicle }
maintenance-mark-as-done = Mark as done
maintenance-mark-as-done-of = Mark as done: { $name }, { $vehicle }
maintenance-save = Save
maintenance-cancel = Cancel

## What is due

maintenance-notifications = Notifications
maintenance-calendar = Calendar
maintenance-costs = Costs
maintenance-due-lead = Upcoming maintenance, most urgent first.
maintenance-nothing-due = No upcoming maintenance
maintenance-nothing-due-text = Add reminders for a vehicle’s oil changes, inspections and paperwork, or start with the manufacturer’s typical schedule.
maintenance-no-vehicle = Add a vehicle first. Then add reminders for its oil changes, inspections and paperwork.
maintenance-add-vehicle = Add vehicle
maintenance-due-pages = Pages of due items
maintenance-due-first-page = Back to most urgent
maintenance-due-next-page = Show later items
maintenance-by-vehicle = By vehicle
maintenance-overdue = Overdue
maintenance-due-soon = Due soon

# When an item is due: the date, and how far away it is.
maintenance-due-date = { $date }, { $when }
maintenance-today = today
maintenance-tomorrow = tomorrow
maintenance-yesterday = yesterday
maintenance-in-days =
    { $count ->
        [one] in { $count } day
       *[other] in { $count } days
    }
maintenance-in-months =
    { $count ->
        [one] in { $count } month
       *[other] in { $count } months
    }
maintenance-in-years =
    { $count ->
        [one] in { $count } year
       *[other] in { $count } years
    }
maintenance-days-ago =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }
maintenance-months-ago =
    { $count ->
        [one] { $count } month ago
       *[other] { $count } months ago
    }
maintenance-years-ago =
    { $count ->
        [one] { $count } year ago
       *[other] { $count } years ago
    }

# The odometer reading at which an item is due, and the distance to it.
maintenance-due-reading = { $reading }, { $distance } to go
maintenance-due-now = { $reading }, now
maintenance-overdue-reading = { $reading }, { $distance } overdue
maintenance-prediction = At your usual mileage: around { $date }
maintenance-prediction-with-range = At your usual mileage: around { $date } ({ $from } – { $to })

# How an item repeats.
maintenance-repeats = Repeats { $interval }
maintenance-repeats-from-date = Repeats { $interval } from this date.
maintenance-repeats-from-reading = Repeats { $interval } from this reading.
maintenance-every-distance = every { $distance }
maintenance-every-months =
    { $count ->
        [one] every month
       *[other] every { $count } months
    }
maintenance-every-years =
    { $count ->
        [one] every year
       *[other] every { $count } years
    }
maintenance-every-months-or-distance =
    { $count ->
        [one] every month or { $distance }
       *[other] every { $count } months or { $distance }
    }
maintenance-every-years-or-distance =
    { $count ->
        [one] every year or { $distance }
       *[other] every { $count } years or { $distance }
    }

# A line of a notification.
maintenance-reminder = { $vehicle }, { $name }: { $due }
maintenance-reminder-with-details = { $vehicle }, { $name } ({ $details }): { $due }

## A new item

maintenance-what-was-done = What was done?
maintenance-what-needs-doing = What needs doing?
maintenance-something-else = Describe it, or choose below
maintenance-continue = Continue

## The form

maintenance-label-type = Type
maintenance-label-details = Details
maintenance-label-due-date = Due date
maintenance-label-due-odometer = Due at odometer
maintenance-label-completed-date = Date
maintenance-label-odometer = Odometer
maintenance-label-cost = Cost
maintenance-label-interval-months = Repeat every
maintenance-label-interval-distance = Or every
maintenance-label-location = Location
maintenance-label-notes = Notes
maintenance-hint-due = Enter a date, a reading or both. Whichever comes first counts.
maintenance-hint-interval = Leave empty for a one-off.
maintenance-unit-months = months
maintenance-total-hint = The odometer was replaced: it shows { $reading }, but the vehicle has been driven { $total }. Enter the total distance.
maintenance-save-changes = Save changes
maintenance-save-service = Save service
maintenance-save-reminder = Save reminder
maintenance-postpone = Postpone
maintenance-postpone-or-skip = Postpone or skip
maintenance-postpone-text = Choose a later due date or reading.
maintenance-postpone-text-repeating = Choose a later due date or reading for this one. The next one is scheduled when you mark it as done.
maintenance-postpone-date = New due date
maintenance-postpone-odometer = New due reading
maintenance-postpone-total = New due total distance
maintenance-skip = Skip this one
maintenance-skip-text = Or skip this one and wait for the next.
maintenance-delete-service = Delete service
maintenance-delete-reminder = Delete reminder
maintenance-delete-text = This can’t be undone.
maintenance-delete-text-rescheduling = This can’t be undone. The next reminder moves back to when this one was due.

## The history of a vehicle

maintenance-of-vehicle = { $vehicle } maintenance
maintenance-due = Due
maintenance-no-reminders = No reminders yet
maintenance-plan-text = Start with the manufacturer’s typical schedule. You can change each reminder afterwards. The owner’s manual may require more.
maintenance-plan = Schedule
maintenance-plan-use = Use this schedule
maintenance-history = History
maintenance-history-older = Older history
maintenance-history-empty = No history yet
maintenance-history-empty-text = Services and fill-ups appear here once you log them.
maintenance-history-entry = { $name }, { $date }
maintenance-history-pages = History pages
maintenance-history-first-page = Back to latest
maintenance-history-next-page = Show older
maintenance-fill-up = Fill-up

## Costs

maintenance-costs-empty = No costs yet
maintenance-costs-empty-text = Enter the cost when you log a service. Totals by year and type appear here.
maintenance-costs-all = Maintenance costs
maintenance-costs-in = Maintenance costs in { $currency }
maintenance-costs-total = { $amount } total
maintenance-costs-chart = Costs by year and type. The totals are listed below.
maintenance-costs-chart-of-latest = Costs by year and type in recent years. The totals are listed below.
maintenance-costs-of-type = { $year }, { $name }: { $amount }
maintenance-costs-other = Other

## The calendar

maintenance-calendar-lead = See what’s due in any calendar app. Subscribe once; it updates automatically.
maintenance-calendar-link = Your calendar link
maintenance-calendar-copy = Copy it now: it won’t be shown again. Anyone with this link can see what’s due.
maintenance-calendar-since = Link created { $time }. If you create a new one, the old link stops working.
maintenance-calendar-replace = Create new link
maintenance-calendar-revoke = Revoke link
maintenance-calendar-secret = The link is secret. It works until you revoke it or change your password.
maintenance-calendar-create = Create link
maintenance-calendar-name = Vehicle maintenance
maintenance-calendar-event = { $name }: { $vehicle }
maintenance-calendar-due-at = Due at { $reading }

## Problems

maintenance-not-recurring = this item doesn’t repeat: postpone or delete it instead
maintenance-too-far-ahead = the next due date would be more than a hundred years away, or the next due reading above { $most }: complete or delete the item
maintenance-already-completed = this item is already completed

## What is wrong with a field

maintenance-field-type = must be lowercase words joined by underscores, such as oil_change
maintenance-field-vehicle = isn’t one of your vehicles
maintenance-field-due-required = is required unless you enter a due odometer reading
maintenance-field-completed-date-required = is required for a completed item
maintenance-field-not-completed = must be empty until the item is completed
maintenance-field-not-later = must be later than { $date }
maintenance-field-not-higher = must be higher than the current due reading
maintenance-field-not-due-by-date = must be empty: the item has no due date
maintenance-field-not-due-by-odometer = must be empty: the item has no due odometer reading
maintenance-field-contradicts = contradicts { $name }: send only one of them
maintenance-field-interval = must be from 1 to { $most } { $unit }
maintenance-field-next-too-late = must be earlier, or the interval shorter: the next due date would be more than a hundred years away
maintenance-field-next-too-high = must be lower, or the interval shorter: the next due reading would be above { $most }
maintenance-field-future = is in the future: correct or confirm it
maintenance-field-reading-low = is lower than an earlier reading (expected { $expected }): correct or confirm it
maintenance-field-reading-high = is much higher than other readings suggest (expected { $expected }): correct or confirm it
maintenance-field-amount-high = is more than { $factor } times your usual service cost of { $usual }: correct or confirm it
maintenance-expected-date = { $date } or earlier
maintenance-expected-range = { $least } to { $most }
maintenance-expected-amount = at most { $most }

## Types

maintenance-group-routine = Routine
maintenance-group-repair = Repairs
maintenance-group-upgrade = Upgrades
maintenance-group-paperwork = Paperwork
maintenance-type-other = { $name }
maintenance-type-oil-change = Oil change
maintenance-type-tire-rotation = Tire rotation
maintenance-type-tire-change = Seasonal tire change
maintenance-type-wheel-alignment = Wheel alignment
maintenance-type-engine-air-filter = Engine air filter
maintenance-type-cabin-air-filter = Cabin air filter
maintenance-type-fuel-filter = Fuel filter
maintenance-type-brake-inspection = Brake inspection
maintenance-type-brake-fluid = Brake fluid
maintenance-type-coolant = Coolant
maintenance-type-transmission-fluid = Transmission fluid
maintenance-type-differential-fluid = Differential fluid
maintenance-type-transfer-case-fluid = Transfer case fluid
maintenance-type-power-steering-fluid = Power steering fluid
maintenance-type-spark-plugs = Spark plugs
maintenance-type-timing-belt = Timing belt
maintenance-type-serpentine-belt = Serpentine belt
maintenance-type-wiper-blades = Wiper blades
maintenance-type-air-conditioning = Air conditioning service
maintenance-type-multi-point-inspection = Multi-point inspection
maintenance-type-brake-pads-front = Brake pads, front
maintenance-type-brake-pads-rear = Brake pads, rear
maintenance-type-brake-rotors = Brake rotors
maintenance-type-tires = New tires
maintenance-type-battery-12v = 12 V battery
maintenance-type-alternator = Alternator
maintenance-type-starter = Starter
maintenance-type-water-pump = Water pump
maintenance-type-clutch = Clutch
maintenance-type-shocks-struts = Shocks and struts
maintenance-type-exhaust = Exhaust
maintenance-type-oxygen-sensor = Oxygen sensor
maintenance-type-lights = Lights and bulbs
maintenance-type-windshield = Windshield
maintenance-type-body-work = Bodywork
maintenance-type-recall = Recall
maintenance-type-accessories = Accessories
maintenance-type-audio = Audio
maintenance-type-suspension-upgrade = Suspension upgrade
maintenance-type-wheels = Wheels
maintenance-type-window-tint = Window tint
maintenance-type-state-inspection = State inspection
maintenance-type-emissions-test = Emissions test
maintenance-type-registration = Registration
maintenance-type-insurance = Insurance
maintenance-type-road-tax = Road tax
maintenance-type-warranty = Warranty
maintenance-type-roadside-assistance = Roadside assistance

## Schedules

maintenance-plan-gasoline = Gasoline, any make
maintenance-plan-diesel = Diesel, any make
maintenance-plan-electric = Electric, any make
maintenance-plan-toyota = Toyota, Lexus
maintenance-plan-honda = Honda, Acura
maintenance-plan-ford = Ford, Lincoln
maintenance-plan-general-motors = Chevrolet, GMC, Buick, Cadillac
maintenance-plan-volkswagen = Volkswagen, Audi
maintenance-plan-bmw = BMW, Mini
maintenance-plan-mercedes-benz = Mercedes-Benz
maintenance-plan-hyundai-kia = Hyundai, Kia
maintenance-plan-subaru = Subaru

## After an action

maintenance-done = { $name } is done.
maintenance-done-next-date = { $name } is done. Next: { $date }.
maintenance-done-next-reading = { $name } is done. Next: at { $reading }.
maintenance-done-next = { $name } is done. Next: { $date }, or at { $reading }.
maintenance-added = Added.
maintenance-saved = Saved.
maintenance-postponed = { $name } is postponed.
maintenance-skipped = { $name } is skipped this time.
maintenance-deleted = { $name } is deleted.
maintenance-plan-added = The maintenance plan is added.
