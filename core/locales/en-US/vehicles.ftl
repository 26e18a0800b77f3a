### Vehicles: the list, a vehicle’s page, the form, the trash and the odometer log.

vehicles-title = Vehicles

## The list

vehicles-inactive = Out of use
vehicles-inactive-link = Vehicles out of use
vehicles-inactive-none = All your vehicles are in use.
vehicles-add = Add a vehicle
vehicles-empty = Your garage is empty
vehicles-empty-hint = Add a vehicle, then log each fill-up. After two full tanks, you’ll see its fuel economy.
vehicles-license-plate = License plate
vehicles-add-fill-up = Add fill-up
vehicles-add-fill-up-named = Add fill-up for { $vehicle }

## A vehicle’s page

vehicles-is-inactive = Out of use: hidden from lists, reminders and the calendar.
vehicles-maintenance = Maintenance
vehicles-edit = Edit
vehicles-deactivate = Mark as out of use
vehicles-activate = Put back in use
vehicles-move-to-trash = Move to trash
vehicles-about = About
vehicles-color = Color
vehicles-kind = Type
vehicles-vin = VIN
vehicles-identifier = Identifier
vehicles-check-digit = Check digit
vehicles-check-digit-confirmed = The VIN’s check digit is wrong. You confirmed the VIN.

## Kinds of vehicles

vehicles-kind-car = Car
vehicles-kind-motorcycle = Motorcycle
vehicles-kind-truck = Truck
vehicles-kind-bus = Bus
vehicles-kind-trailer = Trailer
vehicles-kind-boat = Boat
vehicles-kind-machine = Machine
vehicles-kind-bicycle = Bicycle
vehicles-kind-other = Other

## The form

vehicles-form-add = Add a vehicle
vehicles-form-edit = Edit { $vehicle }
vehicles-form-save = Save vehicle
vehicles-form-save-changes = Save changes
vehicles-form-cancel = Cancel
vehicles-form-vin = VIN
vehicles-form-vin-hint = 17 letters and digits, on the dashboard by the windshield. Leave empty if the vehicle has none.
vehicles-form-look-up = Look up VIN
vehicles-form-restore = Restore from trash
vehicles-form-open-other = View that vehicle
vehicles-form-identifier = Identifier
vehicles-form-identifier-hint = A chassis, frame, hull or serial number.
vehicles-form-kind = Vehicle type
vehicles-form-year = Year
vehicles-form-make = Make
vehicles-form-model = Model
vehicles-form-model-hint = If you leave these empty, they are filled in from the VIN.
vehicles-form-vin-later = If you add a VIN, empty fields are filled in from it.
vehicles-form-choose = Choose from a list
vehicles-form-nickname = Nickname
vehicles-form-color = Color
vehicles-form-license-plate = License plate
vehicles-form-odometer = Odometer
vehicles-form-odometer-unit = Unit
vehicles-form-odometer-hint = To correct the odometer, <link>log or delete a reading</link>.

## The lists of years, makes and models

vehicles-choose-title = Year, make and model
vehicles-choose-about = Choose a year and a make, then a model.
vehicles-choose-any-year = Any year
vehicles-choose-make = Choose a make
vehicles-choose-model = Choose a model
vehicles-choose-continue = Continue
vehicles-choose-use = Use this vehicle
vehicles-choose-again = Update lists

## The trash

vehicles-trash = Trash
vehicles-trash-about = Vehicles in the trash keep all their data. Restore one to use it again.
vehicles-trash-empty = The trash is empty
vehicles-trash-empty-hint = When you move a vehicle to the trash, it stays here with all its data until you restore it.
vehicles-trash-back = Back to vehicles
vehicles-trash-since = Moved to trash { $date }
vehicles-trash-since-with-plate = { $plate } · moved to trash { $date }
vehicles-trash-restore = Restore
vehicles-trash-restore-named = Restore { $vehicle }
vehicles-trash-pages = Pages of the trash
vehicles-trash-older = Load older

## The odometer log

vehicles-odometer = Odometer
vehicles-odometer-none = No reading yet
vehicles-odometer-add = Add reading
vehicles-odometer-add-named = Add odometer reading for { $vehicle }
vehicles-odometer-of = Odometer of { $vehicle }
vehicles-odometer-reading = Reading
vehicles-odometer-unit = Unit
vehicles-odometer-date = Date
vehicles-odometer-replaced = This is the first reading of a new odometer
vehicles-odometer-replaced-hint = Distance driven before still counts.
vehicles-odometer-previous = Last reading of the old odometer
vehicles-odometer-previous-hint = Only if the odometer was replaced.
vehicles-odometer-notes = Notes
vehicles-odometer-is-correct = This reading is correct
vehicles-odometer-save = Save reading
vehicles-odometer-readings = Readings
vehicles-odometer-total = { $distance } in total
vehicles-odometer-delete = Delete
vehicles-odometer-delete-named = Delete reading of { $date }
vehicles-odometer-pages = Pages of readings
vehicles-odometer-older = Load older
vehicles-odometer-source-manual = manual reading
vehicles-odometer-source-replacement = new odometer
vehicles-odometer-source-fuel-log = fill-up
vehicles-odometer-source-maintenance = service

## What is wrong with a field

vehicles-field-vin-or-other = is required unless you enter an identifier, a nickname or a make
vehicles-field-not-a-vin = isn’t a VIN, as no VIN begins with 0: enter it as the identifier
vehicles-field-unidentified = can’t be empty: a vehicle without a VIN needs an identifier, a nickname or a make
vehicles-field-not-replacement = must be empty unless isReplacement is true
vehicles-field-reading-high = is unusually high: check it, or confirm that it is correct
vehicles-field-reading-high-expected = at most { $max }
vehicles-field-date-in-future = is in the future: check it, or confirm that it is correct
vehicles-field-date-in-future-expected = { $today } or earlier
vehicles-field-less-than-earlier = is less than the earlier reading of { $reading } on { $date } ({ $source }): correct one of them
vehicles-field-more-than-later = is more than the later reading of { $reading } on { $date } ({ $source }): correct one of them
vehicles-vin-in-trash = { $vehicle } has this VIN and is in your trash
vehicles-vin-duplicate = { $vehicle } already has this VIN
vehicles-vin-duplicate-unknown = another of your vehicles already has this VIN

## After an action

vehicles-added = The vehicle is added.
vehicles-added-next = Set up maintenance
vehicles-saved = Saved.
vehicles-activated = The vehicle is in use again.
vehicles-deactivated = The vehicle is no longer in use.
vehicles-trashed = The vehicle is in the trash.
vehicles-restored = The vehicle is restored.
vehicles-reading-saved = The reading is saved.
vehicles-reading-deleted = The reading is deleted.
