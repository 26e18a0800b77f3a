//! What vehicles are called.

use std::collections::HashMap;

use super::{Vehicle, VehicleId};

impl Vehicle {
    /// A title for display: the nickname if there is one. Otherwise the year, make and model, or else the
    /// VIN, identifier or kind, each with the license plate.
    #[must_use]
    pub fn title(&self) -> String {
        if let Some(nickname) = &self.nickname {
            return nickname.clone();
        }
        let vin = || self.vin.as_ref().map(|it| it.as_str().to_owned());
        let title = self.description().or_else(vin).or_else(|| self.identifier.clone());
        let title = title.unwrap_or_else(|| self.kind.name().to_string());
        match &self.license_plate {
            Some(plate) => format!("{title} ({plate})"),
            None => title,
        }
    }

    /// The year, make and model, if the make or the model is known.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        let year = self.year.map(|year| year.to_string());
        let parts = [year.as_deref(), self.make.as_deref(), self.model.as_deref()];
        let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (self.make.is_some() || self.model.is_some()).then_some(title)
    }

    /// A text that distinguishes vehicles with the same title, if there is one.
    fn distinguishing_mark(&self) -> Option<String> {
        let plate = self.license_plate.clone().filter(|_| self.nickname.is_some());
        let vin_end = || Some(format!("…{}", self.vin.as_ref()?.as_str().get(11..)?));
        plate.or_else(vin_end).or_else(|| self.identifier.clone())
    }
}

/// Gives each vehicle a unique name: its [`Vehicle::title`], followed by a distinguishing mark if several
/// vehicles have that title, and by a number if they have the same mark too.
#[must_use]
pub fn unique_names(vehicles: &[Vehicle]) -> HashMap<VehicleId, String> {
    let mut by_title: HashMap<String, Vec<&Vehicle>> = HashMap::new();
    for vehicle in vehicles {
        by_title.entry(vehicle.title()).or_default().push(vehicle);
    }
    let mut by_name: HashMap<String, Vec<VehicleId>> = HashMap::new();
    for (title, vehicles) in by_title {
        for vehicle in &vehicles {
            let mark =
                vehicle.distinguishing_mark().filter(|it| vehicles.len() > 1 && *it != title);
            let name = mark.map_or_else(|| title.clone(), |mark| format!("{title} ({mark})"));
            by_name.entry(name).or_default().push(vehicle.id);
        }
    }
    let mut names = HashMap::new();
    for (name, mut ids) in by_name {
        if ids.len() == 1 {
            names.extend(ids.into_iter().map(|id| (id, name.clone())));
            continue;
        }
        // IDs increase over time, so numbers do not change when vehicles are added.
        ids.sort();
        names.extend(ids.into_iter().zip(1..).map(|(id, nth)| (id, format!("{name} #{nth}"))));
    }
    names
}
