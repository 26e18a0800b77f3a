### The garage: the list of vehicles, and a vehicle's page with its fuel figures.

garage-title = Vehicles
garage-inactive = Out of use
garage-inactive-link = Vehicles out of use
garage-inactive-none = All your vehicles are in use.
garage-add = Add a vehicle
garage-empty = Your garage is empty
garage-empty-hint = Add a vehicle, then log each fill-up. After two full tanks, you’ll see its fuel economy.

## A vehicle in the list

garage-license-plate = License plate
garage-average-economy = average economy
garage-no-economy = Economy appears after the second full tank.
garage-odometer = Odometer
garage-last-fill-up = Last fill-up
garage-last-fill-up-none = None yet
garage-add-fill-up = Add fill-up
garage-add-fill-up-named = Add fill-up for { $vehicle }

## A vehicle's page

garage-is-inactive = Out of use: hidden from lists, reminders and the calendar.
garage-maintenance = Maintenance
garage-edit = Edit
garage-deactivate = Mark as out of use
garage-activate = Put back in use
garage-trash = Move to trash
garage-about = About
garage-color = Color
garage-kind = Type
garage-vin = VIN
garage-identifier = Identifier
garage-check-digit = Check digit
garage-check-digit-confirmed = The VIN’s check digit is wrong. You confirmed the VIN.

## Figures

garage-figures = Fuel figures
garage-figure-average = Average economy
garage-figure-best = Best
garage-figure-worst = Worst
garage-figure-cost-per-mile = Cost per mile
garage-figure-cost-per-km = Cost per km
garage-figure-spent = Total spent
garage-figure-fill-ups = Fill-ups logged
garage-figures-confirmed =
    { $count ->
        [one] These figures include a fill-up with unusual values that you confirmed.
       *[other] These figures include { $count } fill-ups with unusual values that you confirmed.
    }

## The chart

garage-chart = Economy per tank, { $unit }
garage-chart-average = average { $average }
garage-chart-title = Economy per tank for { $vehicle }
garage-chart-text =
    { $count ->
        [one] { $count } tank from { $first } to { $last }. Average { $average } { $unit }. The list of fill-ups shows the same figures.
       *[other] { $count } tanks from { $first } to { $last }. Average { $average } { $unit }. The list of fill-ups shows the same figures.
    }
garage-chart-point = { $date }: { $economy } { $unit }
garage-chart-point-confirmed = { $date }: { $economy } { $unit }, unusual but confirmed
garage-chart-confirmed = Dashed points depend on unusual values that you confirmed.

## Fill-ups

garage-fill-ups = Fill-ups
garage-fill-ups-older = Older fill-ups
garage-fill-ups-none = No fill-ups yet
garage-fill-ups-none-hint = Log your next fill-up. After two full tanks, you’ll see the fuel economy here.
garage-fill-ups-pages = Pages of fill-ups
garage-fill-ups-latest = Back to latest
garage-fill-ups-load-older = Load older
garage-fill-up-date = Date
garage-fill-up-distance = Distance
garage-fill-up-volume = Volume
garage-fill-up-price = Price
garage-fill-up-total = Total
garage-fill-up-economy = Economy
garage-fill-up-no-reading = no reading
garage-fill-up-confirmed = unusual, confirmed
garage-fill-up-edit = Edit
garage-fill-up-edit-named = Edit fill-up of { $date }
