### Fill-ups: the sections of a vehicle’s page, the form, fuel economy, and what is wrong with a fill-up.

## On a vehicle’s card in the list

fuel-logs-average-economy = average economy
fuel-logs-average-economy-none = Economy appears after the second full tank.
fuel-logs-last-fill-up = Last fill-up
fuel-logs-last-fill-up-none = None yet

## On a vehicle’s page: figures

fuel-logs-figures = Fuel figures
fuel-logs-figure-average = Average economy
fuel-logs-figure-best = Best
fuel-logs-figure-worst = Worst
fuel-logs-figure-cost-per-mile = Cost per mile
fuel-logs-figure-cost-per-km = Cost per km
fuel-logs-figure-spent = Total spent
fuel-logs-figure-fill-ups = Fill-ups logged
fuel-logs-figures-confirmed =
    { $count ->
        [one] These figures include a fill-up with unusual values that you confirmed.
       *[other] These figures include { $count } fill-ups with unusual values that you confirmed.
    }

## On a vehicle’s page: the chart

fuel-logs-chart = Economy per tank, { $unit }
fuel-logs-chart-average = average { $average }
fuel-logs-chart-title = Economy per tank for { $vehicle }
fuel-logs-chart-text =
    { $count ->
        [one] { $count } tank from { $first } to { $last }. Average { $average } { $unit }. The list of fill-ups shows the same figures.
       *[other] { $count } tanks from { $first } to { $last }. Average { $average } { $unit }. The list of fill-ups shows the same figures.
    }
fuel-logs-chart-point = { $date }: { $economy } { $unit }
fuel-logs-chart-point-confirmed = { $date }: { $economy } { $unit }, unusual but confirmed
fuel-logs-chart-confirmed = Dashed points depend on unusual values that you confirmed.

## On a vehicle’s page: fill-ups

fuel-logs-fill-ups = Fill-ups
fuel-logs-fill-ups-older = Older fill-ups
fuel-logs-fill-ups-none = No fill-ups yet
fuel-logs-fill-ups-none-hint = Log your next fill-up. After two full tanks, you’ll see the fuel economy here.
fuel-logs-fill-ups-pages = Pages of fill-ups
fuel-logs-fill-ups-latest = Back to latest
fuel-logs-fill-ups-load-older = Load older
fuel-logs-fill-up-date = Date
fuel-logs-fill-up-distance = Distance
fuel-logs-fill-up-volume = Volume
fuel-logs-fill-up-price = Price
fuel-logs-fill-up-total = Total
fuel-logs-fill-up-economy = Economy
fuel-logs-fill-up-no-reading = no reading
fuel-logs-fill-up-confirmed = unusual, confirmed
fuel-logs-fill-up-edit = Edit
fuel-logs-fill-up-edit-named = Edit fill-up of { $date }

## The form

fuel-logs-add = Add fill-up
fuel-logs-edit = Edit fill-up
fuel-logs-save = Save fill-up
fuel-logs-save-changes = Save changes
fuel-logs-cancel = Cancel
fuel-logs-more = More
fuel-logs-more-today = today, { $date }
fuel-logs-odometer = Odometer
fuel-logs-odometer-last = Last: { $reading }
fuel-logs-odometer-rollback = The odometer was replaced or turned back
fuel-logs-trip = Distance since the last fill-up
fuel-logs-trip-hint = Enter this instead of an odometer reading if you reset the trip meter at every fill-up.
fuel-logs-volume = Volume
fuel-logs-price = Price
fuel-logs-price-last = Last: { $price }
fuel-logs-total = Total
fuel-logs-total-hint = Enter any two of volume, price and total.
fuel-logs-total-differs = Volume × price is <output></output>. Check all three.
fuel-logs-currency = Currency
fuel-logs-fuel = Fuel
fuel-logs-fuel-unspecified = Not specified
fuel-logs-full = Full tank
fuel-logs-full-hint = Needed to calculate economy.
fuel-logs-date = Date
fuel-logs-station = Station
fuel-logs-favorite = Favorite station
fuel-logs-favorite-none = None
fuel-logs-favorite-nearest = Use nearest
fuel-logs-missed = I forgot to log the previous fill-up
fuel-logs-missed-hint = Economy isn’t calculated for this tank, so your average stays accurate.
fuel-logs-notes = Notes
fuel-logs-delete = Delete fill-up
fuel-logs-delete-this = Delete this fill-up
fuel-logs-delete-text = The fill-up of { $date } will be deleted and your economy recalculated. This can’t be undone.

fuel-logs-other-vehicle = Another vehicle

## After saving

fuel-logs-saved = Saved.
fuel-logs-saved-economy = Saved. This tank: { $economy }.
fuel-logs-saved-economy-and-cost = Saved. This tank: { $economy }, { $cost }.
fuel-logs-saved-first = Saved. You’ll see the economy after your next full tank.
fuel-logs-saved-partial = Saved. This fuel will count toward your next full tank.
fuel-logs-saved-without-economy = Saved. This tank has no economy: { $reason }.
fuel-logs-deleted = The fill-up of { $date } was deleted.

## Why a fill-up has no economy

fuel-logs-no-economy-first = first full tank
fuel-logs-no-economy-partial = not a full tank
fuel-logs-no-economy-missed = previous fill-up missing
fuel-logs-no-economy-same-stop = counted with the next fill-up
fuel-logs-no-economy-no-odometer = no odometer reading
fuel-logs-no-economy-rollback = odometer turned back

## What is wrong with a field

fuel-logs-field-ambiguous = is ambiguous: confirm { $decimal }, or enter { $grouped } without a separator
fuel-logs-field-reading-missing = is missing: enter it, or confirm that you don’t know it
fuel-logs-field-reading-high = is unusually high: check it, or confirm that it is correct
fuel-logs-field-less-than-previous = is less than the previous fill-up’s reading of { $reading } on { $date }
fuel-logs-field-more-than-next = is more than the next fill-up’s reading of { $reading } on { $date }
fuel-logs-field-less-than-earlier = is less than the earlier reading of { $reading } on { $date }: correct one of them
fuel-logs-field-more-than-later = is more than the later reading of { $reading } on { $date }: correct one of them
fuel-logs-field-distance = is { $distance } from the previous fill-up, which is unusually far: check the reading, or mark that you forgot to log a fill-up
fuel-logs-field-distance-missed = is { $distance } from the previous fill-up, which is unusually far: check the reading and the date, or confirm that it is correct
fuel-logs-field-future = is in the future: today is { $today }
fuel-logs-field-volume = is { $volume }, more than this vehicle usually takes
fuel-logs-field-volume-derived = makes the volume { $volume }, more than this vehicle usually takes: check the price and the total
fuel-logs-field-total = doesn’t match: volume × price is { $expected }, not { $given }
fuel-logs-field-price = is { $price }, far from your usual { $usual }
fuel-logs-field-price-derived = makes the price { $price }, far from your usual { $usual }
fuel-logs-field-economy = makes the economy { $economy }, which is unusually good: check the volume and the reading
fuel-logs-field-two-forms = contradicts { $name }: send only one of them
fuel-logs-field-trip-and-reading = must be empty if there is an odometer reading
fuel-logs-field-volume-required = is required if there is no total
fuel-logs-field-volume-incalculable = is required: it can’t be calculated from the price and the total
fuel-logs-field-total-too-large = makes the total too large
fuel-logs-field-price-too-large = makes the price too high
fuel-logs-field-station = isn’t a known station
fuel-logs-field-vehicle = isn’t one of your vehicles

## Values that are expected instead

fuel-logs-expected-up-to = up to { $limit }
fuel-logs-expected-no-better-than = no better than { $limit }
fuel-logs-expected-about = about { $value }
fuel-logs-expected-either = { $first } or { $second }
fuel-logs-expected-reading = a reading
