//! Lists the routes of the router.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};

use super::rows::Row;
use crate::testing::TestApp;

/// A route: its method and its pattern.
pub(super) type Route = (String, String);

/// Fallback routes, which respond with 404.
const CATCH_ALL: &[&str] = &[
    "/api",
    "/api/",
    "/api/{*rest}",
    "/{*__private__axum_fallback}",
    "/{*__private__axum_nest_tail_param}",
];

/// Every route. The patterns come from the router's `Debug` output, the methods from the `Allow` header of a
/// request with an unsupported method.
pub(super) async fn routes(app: &TestApp) -> BTreeSet<Route> {
    let printed = format!("{:?}", crate::router(&app.app));
    let mut routes = BTreeSet::new();
    for rest in printed.split("RouteId(").skip(1) {
        let Some((_, rest)) = rest.split_once("): \"") else { continue };
        let Some((pattern, _)) = rest.split_once('"') else { continue };
        if !pattern.starts_with('/') || CATCH_ALL.contains(&pattern) {
            continue;
        }
        let path = pattern.replace(['{', '}'], "");
        let response = Request::builder().method("TRACE").uri(&path);
        let response = app.anonymous().send(response, Body::empty()).await;
        assert_eq!(response.status, 405, "{pattern} accepts any method: {response:?}");
        let methods = response.header("allow").split(',').map(str::trim);
        let methods = methods.filter(|it| *it != "HEAD" && !it.is_empty());
        routes.extend(methods.map(|it| (it.to_owned(), pattern.to_owned())));
    }
    assert!(routes.len() > 40, "the Debug output of the router has changed: {routes:?}");
    routes
}

/// The route that a row calls.
pub(super) fn route_label<'a>(routes: &'a BTreeSet<Route>, row: &Row) -> &'a Route {
    let path = row.target().split('?').next().unwrap_or_default();
    let matches = |pattern: &str| {
        let (pattern, path) = (pattern.split('/'), path.split('/'));
        pattern.clone().count() == path.clone().count()
            && pattern.zip(path).all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
    };
    let mut matching: Vec<_> =
        routes.iter().filter(|it| it.0 == row.method() && matches(&it.1)).collect();
    // Like the router, prefer literal segments to parameters.
    matching.sort_by_key(|it| it.1.matches('{').count());
    matching.first().unwrap_or_else(|| panic!("no route matches {row:?}"))
}
