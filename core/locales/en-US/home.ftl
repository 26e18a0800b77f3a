### Home: what needs attention, each vehicle at a glance, and the totals.

home-title = Home

## Without vehicles

home-empty = Add your first vehicle
home-empty-hint = Its VIN fills in the year, make and model. Then log each fill-up: after two full tanks, you’ll see the fuel economy.
home-vin = VIN
home-vin-hint = 17 letters and digits, on the dashboard by the windshield.
home-look-up = Look up VIN
home-add-without-vin = Add without a VIN
home-units = Miles or kilometers? <link>Choose your units</link>

## What needs attention

home-attention = Needs attention
home-attention-none = Nothing needs your attention.
home-attention-more-items = { $count } more in maintenance
home-attention-more-vehicles =
    { $count ->
        [one] { $count } more vehicle to check
       *[other] { $count } more vehicles to check
    }
home-check = Check
home-mark-as-done = Mark as done
home-mark-as-done-of = Mark { $name } of { $vehicle } as done
home-odometer-wrong = The odometer looks wrong
home-odometer-wrong-reading = { $reading } on { $date } doesn’t match the other readings.
home-check-readings = Check readings
home-check-readings-of = Check readings of { $vehicle }
home-no-fill-up = No fill-up for a while
home-no-fill-up-since =
    { $count ->
        [one] The last one was { $count } day ago, on { $date }.
       *[other] The last one was { $count } days ago, on { $date }.
    }
home-add-fill-up = Add fill-up
home-add-fill-up-to = Add fill-up for { $vehicle }

## A vehicle

home-vehicles = Vehicles
home-vehicles-all =
    { $count ->
        [one] Your { $count } vehicle
       *[other] All { $count } vehicles
    }
home-this-month = This month
home-last-month = Last month
home-nothing-yet = Nothing logged
home-cost-per-km = Fuel cost per km
home-cost-per-mile = Fuel cost per mile
home-last-fill-up = Last fill-up
home-last-fill-up-none = None yet
home-odometer = Odometer
home-odometer-none = No reading yet
home-odometer-add = Add reading
home-odometer-add-of = Add odometer reading for { $vehicle }
home-next-service = Next service
home-next-service-of = { $name }, next service of { $vehicle }
home-next-service-none = Nothing planned
home-plan-services = Set up maintenance
home-plan-services-for = Set up maintenance for { $vehicle }
home-elapsed = Time or distance until { $name }
home-log-service = Log service
home-log-service-for = Log service for { $vehicle }

## All vehicles

home-totals = All vehicles
