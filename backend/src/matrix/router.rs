//! The routes, as the router itself has them.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};

use super::rows::Row;
use crate::testing::TestApp;

/// A route: its method and its pattern.
pub(super) type Route = (String, String);

/// What catches all that nobody has claimed, and answers 404.
const CATCH_ALL: &[&str] = &[
    "/api",
    "/api/",
    "/api/{*rest}",
    "/{*__private__axum_fallback}",
    "/{*__private__axum_nest_tail_param}",
];

/// Every route. The router tells its patterns when it is printed for debugging, and the methods of
/// each when it is asked with one that it does not know.
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
        let asked = Request::builder().method("TRACE").uri(&path);
        let asked = app.nobody().send(asked, Body::empty()).await;
        assert_eq!(asked.status, 405, "{pattern} answers any method: {asked:?}");
        let methods = asked.header("allow").split(',').map(str::trim);
        let methods = methods.filter(|it| *it != "HEAD" && !it.is_empty());
        routes.extend(methods.map(|it| (it.to_owned(), pattern.to_owned())));
    }
    assert!(routes.len() > 40, "the router no longer tells its routes: {routes:?}");
    routes
}

/// The route that answers a row.
pub(super) fn route_of<'a>(routes: &'a BTreeSet<Route>, row: &Row) -> &'a Route {
    let path = row.target().split('?').next().unwrap_or_default();
    let fits = |pattern: &str| {
        let (pattern, path) = (pattern.split('/'), path.split('/'));
        pattern.clone().count() == path.clone().count()
            && pattern.zip(path).all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
    };
    let mut fitting: Vec<_> =
        routes.iter().filter(|it| it.0 == row.method() && fits(&it.1)).collect();
    // As the router does: what is spelled out comes before what is open.
    fitting.sort_by_key(|it| it.1.matches('{').count());
    fitting.first().unwrap_or_else(|| panic!("{row:?} leads to no route"))
}
