//! The API's description, generated from its handlers (`OpenAPI` 3.1).

mod example;
mod page;
mod words;

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
    core::{
        App, health,
        http::{PROBLEM_JSON, add_error_response, error_response_name},
    },
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
        description: Some(
            "A personal token, or a configured provider's access token: `Authorization: Bearer …`"
                .to_owned(),
        ),
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
    share_refusals(&mut document);
    (api.into(), document)
}

/// Adds what any operation may refuse, and describes each kind of refusal once for all of them.
fn share_refusals(document: &mut OpenApi) {
    let shared = &mut document.components.get_or_insert_default().responses;
    let paths = document.paths.iter_mut().flat_map(|it| it.paths.values_mut());
    for path in paths.filter_map(ReferenceOr::as_item_mut) {
        let PathItem { get, put, post, patch, delete, .. } = path;
        for (operation, is_safe) in
            [(get, true), (put, false), (post, false), (patch, false), (delete, false)]
        {
            let Some(operation) = operation else { continue };
            aide::generate::in_context(|context| {
                // The limits and a database that is away meet every request; an unsafe one may
                // come from another site, too.
                let anywhere = [403, 429, 503].into_iter().filter(|it| *it != 403 || !is_safe);
                anywhere.for_each(|it| add_error_response(context, operation, it));
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

/// The description as JSON.
#[must_use]
pub fn text(document: &OpenApi) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
