-- Adds fuel logs to one vehicle after another, each three days and 250 miles after the vehicle's last one, so that every
-- build accepts them as plausible. The argument is a file with the ids of the vehicles.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function init(arguments)
    vehicles, nth = {}, 0
    for vehicle in io.lines(arguments[1]) do
        table.insert(vehicles, vehicle)
    end
end
function request()
    local vehicle, before = vehicles[nth % #vehicles + 1], math.floor(nth / #vehicles)
    nth = nth + 1
    local date = os.date("!%Y-%m-%d", 978350400 + before * 3 * 86400)
    return wrk.format(nil, nil, nil, string.format(
        '{"vehicleId":"%s","date":"%s","odometerReading":%d,"gallons":%d.345,' ..
        '"pricePerGallon":3.499,"allowOdometerRollback":true}',
        vehicle, date, 1000 + before * 250, 9 + before % 5))
end
