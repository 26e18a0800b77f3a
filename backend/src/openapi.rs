//! The OpenAPI 3.1 document, generated from the handlers.

mod examples;
mod page;
mod schema_text;

use aide::{
    axum::ApiRouter,
    openapi::{
        ApiKeyLocation, Components, Info, OpenApi, PathItem, ReferenceOr, SecurityScheme,
        StatusCode,
    },
};
use axum::Router;
use schemars::generate::SchemaSettings;

pub use page::page;

use crate::{
    app::App,
    core::{
        health,
        http::{PROBLEM_JSON, add_error_response, error_response_name},
    },
    features,
};

/// The API's routes, to be nested below `/api`, and the OpenAPI document.
pub fn api() -> (Router<App>, OpenApi) {
    // Describe records as they are serialized: nullable members are always present.
    aide::generate::in_context(|context| {
        context.schema = SchemaSettings::draft2020_12()
            .for_serialize()
            .with(|it| it.definitions_path = "/components/schemas".into())
            .into_generator();
    });
    let mut api = ApiRouter::new().merge(health::readiness(features::ALL));
    for feature in features::ALL {
        api = api.merge((feature.api)());
    }
    let session = SecurityScheme::ApiKey {
        location: ApiKeyLocation::Cookie,
        name: "session".to_owned(),
        description: Some("The session cookie (`__Host-session` over HTTPS)".to_owned()),
        extensions: [].into_iter().collect(),
    };
    let token = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: None,
        description: Some(
            "A personal token, or an access token from a configured provider: `Authorization: Bearer …`"
                .to_owned(),
        ),
        extensions: [].into_iter().collect(),
    };
    let mut document = OpenApi {
        info: Info {
            title: "MotoVaultPro".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: Some("Vehicles, fuel logs and maintenance.".to_owned()),
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
    // Nested only for the document, which contains the full paths.
    let documented = ApiRouter::new().nest("/api", api.clone());
    let _: Router<App> = documented.finish_api(&mut document);
    share_error_responses(&mut document);
    (api.into(), document)
}

/// Adds the errors that every operation may return, and moves each kind of error response to the shared
/// components.
fn share_error_responses(document: &mut OpenApi) {
    let shared = &mut document.components.get_or_insert_default().responses;
    let paths = document.paths.iter_mut().flat_map(|it| it.paths.values_mut());
    for path in paths.filter_map(ReferenceOr::as_item_mut) {
        let PathItem { get, put, post, patch, delete, .. } = path;
        for (operation, is_safe) in
            [(get, true), (put, false), (post, false), (patch, false), (delete, false)]
        {
            let Some(operation) = operation else { continue };
            aide::generate::in_context(|context| {
                // Any request may be rate-limited or find the database unavailable; unsafe methods are also
                // checked for cross-site requests.
                let common = [403, 429, 503].into_iter().filter(|it| *it != 403 || !is_safe);
                common.for_each(|it| add_error_response(context, operation, it));
            });
            let responses = &mut operation.responses.get_or_insert_default().responses;
            responses.sort_keys();
            for (status, response) in responses {
                let &StatusCode::Code(status) = status else { continue };
                let Some(name) = error_response_name(status) else { continue };
                let Some(refusal) = response.as_item() else { continue };
                if refusal.content.contains_key(PROBLEM_JSON) {
                    shared.entry(name.to_owned()).or_insert_with(|| response.clone());
                    let reference = format!("#/components/responses/{name}");
                    *response = ReferenceOr::ref_(&reference);
                }
            }
        }
    }
}

/// The document as JSON.
#[must_use]
pub fn text(document: &OpenApi) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
