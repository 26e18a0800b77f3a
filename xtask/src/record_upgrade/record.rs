use serde_json::{Value, json};

use super::account::{Account, PASSWORD, id};
use crate::process::Result;

/// Members that depend on the current date.
const DEPENDS_ON_TODAY: [&str; 4] =
    ["dueInDays", "predictedDueDate", "predictedDueEarliest", "predictedDueLatest"];

/// What one account gets.
pub(super) struct Recorded {
    email: String,
    /// Paths with their responses.
    responses: Vec<(String, Value)>,
    pages: Vec<String>,
}

/// The items of a list.
fn items(user: &mut Account, path: &str) -> Result<Vec<Value>> {
    Ok(user.get(path)?["items"].as_array().cloned().unwrap_or_default())
}

/// Every response and every page of an account.
pub(super) fn record(user: &mut Account) -> Result<Recorded> {
    let inactive = user.inactive.clone();
    let mut paths = vec!["/api/auth/me", "/api/user/preferences", "/api/vehicles?deleted=true"];
    if inactive.is_empty() {
        paths.extend(["/api/vehicles", "/api/maintenance/upcoming"]);
    }
    paths.extend(["/api/stations", "/api/stations?favorite=true", "/api/notifications/channels"]);
    let mut paths: Vec<_> = paths.into_iter().map(str::to_owned).collect();
    let mut pages: Vec<_> = [
        "/vehicles",
        "/vehicles/new",
        "/vehicles/choose",
        "/trash",
        "/vin",
        "/maintenance",
        "/maintenance/costs",
        "/maintenance/calendar",
        "/settings",
        "/settings/security",
        "/settings/factors",
        "/settings/tokens",
        "/settings/notifications",
        "/stations",
        "/stations/new",
    ]
    .map(str::to_owned)
    .to_vec();
    if user.get("/api/auth/me")?["isAdmin"] == json!(true) {
        let own = ["/admin", "/admin/invitations", "/admin/log", "/admin/stations"];
        pages.extend(own.map(str::to_owned));
        let users = items(user, "/api/admin/users")?;
        pages.extend(users.iter().map(|it| format!("/admin/users/{}", id(it))));
    }
    for station in items(user, "/api/stations")? {
        let station = id(&station);
        paths.push(format!("/api/stations/{station}"));
        paths.push(format!("/api/stations/{station}/prices"));
        pages.push(format!("/stations/{station}"));
    }
    let vehicles = if inactive.is_empty() {
        items(user, "/api/vehicles")?.iter().map(id).collect()
    } else {
        inactive
    };
    for vehicle in vehicles {
        add_vehicle(user, &vehicle, &mut paths, &mut pages)?;
    }
    for page in &pages {
        user.load(page)?;
    }
    let mut responses = Vec::new();
    for path in paths {
        let body = without_today(user.get(&path)?);
        responses.push((path, body));
    }
    Ok(Recorded { email: user.email.clone(), responses, pages })
}

/// Adds the paths and pages of a vehicle.
fn add_vehicle(
    user: &mut Account,
    vehicle: &str,
    paths: &mut Vec<String>,
    pages: &mut Vec<String>,
) -> Result {
    for below in ["", "/fuel-stats", "/odometer?limit=500"] {
        paths.push(format!("/api/vehicles/{vehicle}{below}"));
    }
    for list in ["fuel-logs", "maintenance"] {
        paths.push(format!("/api/{list}?vehicleId={vehicle}&limit=500"));
    }
    for below in ["", "/edit", "/fuel-logs/new", "/odometer", "/maintenance", "/maintenance/new"] {
        pages.push(format!("/vehicles/{vehicle}{below}"));
    }
    let logs = items(user, &format!("/api/fuel-logs?vehicleId={vehicle}"))?;
    pages.extend(logs.iter().take(2).map(|it| format!("/fuel-logs/{}/edit", id(it))));
    for item in items(user, &format!("/api/maintenance?vehicleId={vehicle}"))? {
        let page = format!("/maintenance/{}", id(&item));
        pages.push(format!("{page}/edit"));
        if item["isCompleted"] != json!(true) {
            pages.push(format!("{page}/complete"));
        }
    }
    Ok(())
}

fn without_today(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_today).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            let rest = members.filter(|(name, _)| !DEPENDS_ON_TODAY.contains(&name.as_str()));
            rest.map(|(name, value)| (name, without_today(value))).collect()
        }
        value => value,
    }
}

/// One response or page per line, so that differences are readable.
pub(super) fn write(recorded: &[Recorded]) -> String {
    let accounts = recorded.iter().map(|account| {
        let responses = account.responses.iter();
        let responses: Vec<_> = responses
            .map(|(path, body)| json!({ "path": path, "body": body }).to_string())
            .collect();
        let pages: Vec<_> = account.pages.iter().map(|it| json!(it).to_string()).collect();
        format!(
            "{{\"email\":{},\"password\":{},\"answers\":[\n{}\n],\"pages\":[\n{}\n]}}",
            json!(account.email),
            json!(PASSWORD),
            responses.join(",\n"),
            pages.join(",\n")
        )
    });
    format!("[\n{}\n]\n", accounts.collect::<Vec<_>>().join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_depend_on_the_date_are_left_out() {
        let value = json!([{ "id": 1, "dueInDays": 3, "items": [{ "predictedDueDate": "x" }] }]);
        assert_eq!(without_today(value), json!([{ "id": 1, "items": [{}] }]));
    }

    #[test]
    fn the_file_is_json_with_a_response_per_line() {
        let responses = vec![("/a".to_owned(), json!({ "b": "c\n" })), ("/d".to_owned(), json!(1))];
        let pages = vec!["/e".to_owned()];
        let text = write(&[Recorded { email: "f".to_owned(), responses, pages }]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value[0]["answers"][1], json!({ "path": "/d", "body": 1 }));
        assert_eq!(value[0]["pages"], json!(["/e"]));
        assert_eq!(text.lines().count(), 8);
    }
}
