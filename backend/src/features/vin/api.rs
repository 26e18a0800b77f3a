//! VINs and the catalogue as JSON.

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
    core::{
        App, Error, Result,
        http::{Path, Query, SerializedJson, error_response, path_parameter},
        input::{Field as _, ModelYear, Text},
    },
    features::accounts::User,
    input,
};

pub(super) fn router() -> ApiRouter<App> {
    let tag = "VIN and catalogue";
    ApiRouter::new()
        .api_route(
            "/vin/{vin}",
            get_with(decode, |it| {
                it.id("decodeVin")
                    .tag(tag)
                    .summary("Tell what a VIN means")
                    .with(error_response::<422>)
            }),
        )
        .api_route(
            "/platform/years",
            get_with(years, |it| it.id("listYears").tag(tag).summary("List the model years")),
        )
        .api_route(
            "/platform/makes",
            get_with(makes, |it| it.id("listMakes").tag(tag).summary("List the makes of a year")),
        )
        .api_route(
            "/platform/models",
            get_with(models, |it| it.id("listModels").tag(tag).summary("List a make's models")),
        )
}

/// All there is of something to choose from.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct All<T> {
    /// Each once, in order.
    items: Vec<T>,
    /// Always null: there are no further pages.
    next_cursor: Option<String>,
}

impl<T: Serialize> All<T> {
    fn of(items: Vec<T>) -> Result<SerializedJson<Self>> {
        SerializedJson::of(&Self { items, next_cursor: None })
    }
}

/// The VIN that the path holds, whatever its check digit says.
struct VinInPath(Vin);

impl FromRequestParts<App> for VinInPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, app).await else {
            return Err(Error::invalid("vin", "is not a text in UTF-8"));
        };
        let vin = Vin::well_formed(&text);
        vin.map(Self).map_err(|error| Error::invalid("vin", error.to_string()))
    }
}

impl OperationInput for VinInPath {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let schema =
            SchemaObject { json_schema: Vin::schema(), external_docs: None, example: None };
        path_parameter(context, operation, "vin", "The VIN, in upper or lower case", schema);
    }
}

input! {
    /// What else is known of the vehicle
    struct DecodeQuery {
        /// Its model year: it decides between years thirty apart, and a VIN that contradicts it has a
        /// problem
        year: Option<ModelYear>,
    }
}

async fn decode(
    State(app): State<App>,
    _: User,
    VinInPath(vin): VinInPath,
    Query(query): Query<DecodeQuery>,
) -> Result<SerializedJson<DecodedVin>> {
    service::decode_as_json(&app, &vin, model_year(query.year)).await
}

async fn years(_: User) -> Result<SerializedJson<All<u16>>> {
    All::of(offline::choices(None, None)?.years)
}

input! {
    /// Which makes
    struct MakesQuery {
        /// Those that sold something of this model year
        year: Option<ModelYear>,
    }
}

async fn makes(
    _: User,
    Query(query): Query<MakesQuery>,
) -> Result<SerializedJson<All<&'static str>>> {
    All::of(offline::choices(model_year(query.year), None)?.makes)
}

input! {
    /// Which models
    struct ModelsQuery {
        /// Those of this model year
        year: Option<ModelYear>,
        /// Whose
        make: Text<100>,
    }
}

async fn models(
    _: User,
    Query(query): Query<ModelsQuery>,
) -> Result<SerializedJson<All<&'static str>>> {
    All::of(offline::choices(model_year(query.year), Some(&query.make.0))?.models)
}

fn model_year(year: Option<ModelYear>) -> Option<u16> {
    year.and_then(|it| u16::try_from(it.0).ok())
}
