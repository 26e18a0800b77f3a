//! The API's description, generated from its handlers (`OpenAPI` 3.1).

use aide::{
    axum::ApiRouter,
    openapi::{ApiKeyLocation, Components, Info, OpenApi, ReferenceOr, SecurityScheme},
};
use axum::Router;
use schemars::generate::SchemaSettings;

use crate::{
    core::{App, health},
    features,
};

/// The API's routes, to be put below `/api`, and their description.
pub fn api() -> (Router<App>, OpenApi) {
    // Records are described as they are sent: what may be null is there all the same.
    aide::generate::in_context(|context| {
        context.schema = SchemaSettings::draft2020_12()
            .for_serialize()
            .with(|it| it.definitions_path = "/components/schemas".into())
            .into_generator();
    });
    let mut api = ApiRouter::new().merge(health::readiness());
    for feature in features::ALL {
        api = api.merge((feature.api)());
    }
    let session = SecurityScheme::ApiKey {
        location: ApiKeyLocation::Cookie,
        name: "session".to_owned(),
        description: Some("The session's cookie (`__Host-session` over https)".to_owned()),
        extensions: [].into_iter().collect(),
    };
    let token = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: None,
        description: Some("A personal token, as `Authorization: Bearer …`".to_owned()),
        extensions: [].into_iter().collect(),
    };
    let mut document = OpenApi {
        info: Info {
            title: "MotoVaultPro".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: Some("Vehicles, their fuel and their upkeep.".to_owned()),
            ..Info::default()
        },
        components: Some(Components {
            security_schemes: [("session", session), ("token", token)]
                .map(|(name, scheme)| (name.to_owned(), ReferenceOr::Item(scheme)))
                .into_iter()
                .collect(),
            ..Components::default()
        }),
        ..OpenApi::default()
    };
    // Nested only for the description, which gives every path in full.
    let described = ApiRouter::new().nest("/api", api.clone());
    let _: Router<App> = described.finish_api(&mut document);
    (api.into(), document)
}

/// The description as JSON.
#[must_use]
pub fn text(document: &OpenApi) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
