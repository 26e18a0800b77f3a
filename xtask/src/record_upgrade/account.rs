use serde_json::{Map, Value, json};

use crate::{dates::Date, http::Client, process::Result};

pub(super) const PASSWORD: &str = "a throwaway password";

/// A signed-in user.
pub(super) struct Account {
    client: Client,
    pub(super) email: String,
    /// Vehicles that are not in use. If there are any, lists are not recorded, because a later release leaves such
    /// vehicles out of them.
    pub(super) inactive: Vec<String>,
}

/// The members of two objects; those of the second one replace others.
pub(super) fn merged(first: Value, second: Value) -> Value {
    let mut members = Map::new();
    for object in [first, second] {
        if let Value::Object(object) = object {
            members.extend(object);
        }
    }
    Value::Object(members)
}

/// The id of a record.
pub(super) fn id(record: &Value) -> String {
    record["id"].as_str().map(str::to_owned).unwrap_or_default()
}

impl Account {
    /// Registers an account with these preferences.
    pub(super) fn new(url: &str, email: &str, name: &str, preferences: &Value) -> Result<Self> {
        let body = json!({ "email": email, "password": PASSWORD, "displayName": name });
        let client = Client::register(url, &body)?;
        let mut account = Self { client, email: email.to_owned(), inactive: Vec::new() };
        account.patch("/api/user/preferences", preferences)?;
        Ok(account)
    }

    /// The JSON at this path.
    pub(super) fn get(&mut self, path: &str) -> Result<Value> {
        self.client.get(path)
    }

    /// Loads a page, which must exist.
    pub(super) fn load(&mut self, page: &str) -> Result {
        self.client.send("GET", page, None)?;
        Ok(())
    }

    pub(super) fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.client.post(path, body)
    }

    pub(super) fn put(&mut self, path: &str, body: &Value) -> Result {
        self.client.send("PUT", path, Some(body))?;
        Ok(())
    }

    pub(super) fn patch(&mut self, path: &str, body: &Value) -> Result {
        self.client.send("PATCH", path, Some(body))?;
        Ok(())
    }

    pub(super) fn delete(&mut self, path: &str) -> Result {
        self.client.send("DELETE", path, None)?;
        Ok(())
    }

    /// Adds a vehicle, and returns its id.
    pub(super) fn vehicle(&mut self, body: &Value) -> Result<String> {
        Ok(id(&self.post("/api/vehicles", body)?))
    }

    /// Adds a station, and returns its id.
    pub(super) fn station(&mut self, body: &Value) -> Result<String> {
        Ok(id(&self.post("/api/stations", body)?))
    }

    /// Adds a maintenance item, and returns its id.
    pub(super) fn maintenance(&mut self, vehicle: &str, body: Value) -> Result<String> {
        let body = merged(json!({ "vehicleId": vehicle }), body);
        Ok(id(&self.post("/api/maintenance", &body)?))
    }

    /// Adds a fill-up, and returns its id. A null member is left out.
    pub(super) fn fill_up(
        &mut self,
        vehicle: &str,
        date: Date,
        reading: i64,
        gallons: &str,
        more: Value,
    ) -> Result<String> {
        let usual = json!({
            "vehicleId": vehicle,
            "date": date.to_string(),
            "odometerReading": reading,
            "gallons": gallons,
            "pricePerGallon": "3.499",
        });
        let mut body = merged(usual, more);
        if let Value::Object(members) = &mut body {
            members.retain(|_, value| !value.is_null());
        }
        Ok(id(&self.post("/api/fuel-logs", &body)?))
    }
}
