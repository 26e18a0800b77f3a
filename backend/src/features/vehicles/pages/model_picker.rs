//! A page to select year, make and model from lists, one after the other, without JavaScript.

use askama::Template;
use axum::{extract::RawQuery, response::Html};

use super::Vehicle;
use crate::{
    core::{
        Result,
        http::Form,
        web::{self, Layout},
    },
    features::{
        accounts::User,
        vin::{self, Choices},
    },
};

#[derive(Template)]
#[template(path = "features/vehicles/templates/choose.html")]
struct ModelPicker {
    layout: Layout,
    choices: Choices,
    year: Option<u16>,
    make: String,
    model: String,
    /// The other fields of the vehicle form, preserved for the return to it.
    typed: Vec<(&'static str, String)>,
}

impl ModelPicker {
    fn is_year(&self, year: u16) -> bool {
        self.year == Some(year)
    }

    fn is_make(&self, make: &str) -> bool {
        self.make.eq_ignore_ascii_case(make)
    }
}

pub(super) async fn show(
    _: User,
    layout: Layout,
    RawQuery(query): RawQuery,
) -> Result<Html<String>> {
    let query = query.unwrap_or_default();
    let form = Form { typed: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect() };
    let year = form.get("year").trim().parse().ok();
    let (make, model) = (form.get("make").trim(), form.get("model").trim());
    let choices = vin::choices(year, Some(make).filter(|it| !it.is_empty()))?;
    let chosen = ["year", "make", "model"];
    let typed = Vehicle::LABELS.iter().map(|label| label.0).filter(|name| !chosen.contains(name));
    let typed = typed
        .map(|name| (name, form.get(name).chars().take(200).collect::<String>()))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let (make, model) = (make.to_owned(), model.to_owned());
    web::page(&ModelPicker { layout, choices, year, make, model, typed })
}
