//! The JSON API for VINs and the catalog of makes and models.

use aide::{
    OperationInput,
    axum::{ApiRouter, routing::get_with},
    generate::GenContext,
    openapi::{Operation, SchemaObject},
};
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{DecodedVin, Vin, offline, service};
use crate::{
    app::App,
    core::{
        Error, Result,
        http::{Path, Query, SerializedJson, error_response, path_parameter},
        input::{Field as _, ModelYear, Text},
    },
    features::accounts::User,
    input, t,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "VINs and catalog";
    ApiRouter::new()
        .api_route(
            "/vin/{vin}",
            get_with(decode, |it| {
                it.id("decodeVin").tag(tag).summary("Decode a VIN").with(error_response::<422>)
            }),
        )
        .api_route(
            "/platform/years",
            get_with(years, |it| it.id("listYears").tag(tag).summary("List model years")),
        )
        .api_route(
            "/platform/makes",
            get_with(makes, |it| it.id("listMakes").tag(tag).summary("List makes")),
        )
        .api_route(
            "/platform/models",
            get_with(models, |it| {
                it.id("listModels").tag(tag).summary("List the models of a make")
            }),
        )
}

/// A complete list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CompleteList<T> {
    /// All items, sorted and without duplicates.
    items: Vec<T>,
    /// Always null, because there is only one page.
    next_cursor: Option<String>,
}

impl<T: Serialize> CompleteList<T> {
    fn of(items: Vec<T>) -> Result<SerializedJson<Self>> {
        SerializedJson::serialize(&Self { items, next_cursor: None })
    }
}

/// The VIN in the path. Its check digit may be wrong.
struct PathVin(Vin);

impl FromRequestParts<App> for PathVin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, app).await else {
            return Err(Error::invalid("vin", t!("vin-field-utf8")));
        };
        let vin = Vin::parse(&text);
        vin.map(Self).map_err(|error| Error::invalid("vin", error))
    }
}

impl OperationInput for PathVin {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let schema =
            SchemaObject { json_schema: Vin::schema(), external_docs: None, example: None };
        path_parameter(context, operation, "vin", "The VIN, in upper or lower case", schema);
    }
}

input! {
    /// What you know about the vehicle
    struct DecodeQuery {
        /// The model year. It selects one of two possible years, which are 30 years apart. A VIN that
        /// contradicts it has a problem in the response.
        year: Option<ModelYear>,
    }
}

async fn decode(
    State(app): State<App>,
    _: User,
    PathVin(vin): PathVin,
    Query(query): Query<DecodeQuery>,
) -> Result<SerializedJson<DecodedVin>> {
    service::decode_as_json(&app, &vin, model_year(query.year)).await
}

async fn years(_: User) -> Result<SerializedJson<CompleteList<u16>>> {
    CompleteList::of(offline::choices(None, None)?.years)
}

input! {
    /// Filters for makes
    struct MakesQuery {
        /// Only makes with vehicles of this model year
        year: Option<ModelYear>,
    }
}

async fn makes(
    _: User,
    Query(query): Query<MakesQuery>,
) -> Result<SerializedJson<CompleteList<&'static str>>> {
    CompleteList::of(offline::choices(model_year(query.year), None)?.makes)
}

input! {
    /// Filters for models
    struct ModelsQuery {
        /// Only models of this model year
        year: Option<ModelYear>,
        /// The make, in upper or lower case
        make: Text<100>,
    }
}

async fn models(
    _: User,
    Query(query): Query<ModelsQuery>,
) -> Result<SerializedJson<CompleteList<&'static str>>> {
    CompleteList::of(offline::choices(model_year(query.year), Some(&query.make.0))?.models)
}

fn model_year(year: Option<ModelYear>) -> Option<u16> {
    year.and_then(|it| u16::try_from(it.0).ok())
}
