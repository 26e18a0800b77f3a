### VINs: the lookup page, the summary of a VIN, and what is wrong with one.

## The lookup page

vin-title = VIN lookup
vin-title-of = VIN { $vin }
vin-lead = Decoded with data from NHTSA, the US road safety agency.
vin-vin = VIN
vin-look-up = Look up VIN
vin-all-details = All details

## The summary of a VIN

vin-no-details-found = No details found
vin-body = Body
vin-engine = Engine
vin-drive = Drive
vin-transmission = Transmission
vin-fuel = Fuel
vin-built-in = Built in
vin-year-probable = Probably model year { $year }, but the VIN doesn’t say for certain.
vin-year-ambiguous = Which model year is it? The VIN doesn’t say for certain.
vin-years = { $first } or { $second }
vin-no-details = NHTSA’s data only covers vehicles for North America and has no details on this version. Enter what is missing yourself.
vin-no-manufacturer = NHTSA’s data only covers vehicles for North America and doesn’t include this manufacturer. Enter the make, model and year yourself.
vin-year-contradicts = The model year given is { $year }, but the VIN says { $expected }. Check both.
vin-check-digit-wrong = The check digit at position 9 is { $given }, but it should be { $expected }. One of the 17 characters is probably wrong: compare them with the vehicle.
vin-suggestions = Did you mean:

## The parts of a VIN

vin-parts = What each part means
vin-part-manufacturer = Manufacturer
vin-part-descriptor = Vehicle description
vin-part-check-digit = Check digit
vin-part-model-year = Model year
vin-part-plant = Plant
vin-part-low-volume-manufacturer = Low-volume manufacturer
vin-part-serial = Serial number
vin-part-position = position { $position }
vin-part-positions = positions { $first } to { $last }

## What is wrong with a VIN

vin-field-length =
    { $count ->
        [one] has { $count } character instead of 17: compare it with the vehicle or its registration
       *[other] has { $count } characters instead of 17: compare it with the vehicle or its registration
    }
vin-field-letter = position { $position }: VINs don’t use the letter { $letter }; it may be the digit { $digit }
vin-field-character = position { $position }: { $character } isn’t a letter from A to Z or a digit; enter the character shown on the vehicle
vin-field-repeated = has the same character 17 times, which no vehicle has: enter the VIN shown on the vehicle
vin-field-utf8 = must be text in UTF-8
vin-field-check-digit = has the check digit { $given } at position 9, but it should be { $expected }, so one of the 17 characters is probably wrong. Compare them with the vehicle, then correct the VIN or confirm it
vin-field-year = is { $year }, but position { $position } of the VIN says { $expected }. Compare both with the vehicle, then correct one of them or confirm the year

## Values that are expected instead

vin-expected-check-digit = { $digit } at position 9
