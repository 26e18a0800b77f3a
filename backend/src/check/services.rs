//! Checks the external services in the settings.

use std::pin::Pin;

use axum::http::{Request, Response, StatusCode};

use super::{Clocks, Finding, with_timeout};
use crate::{
    core::{
        clock::Clock,
        config::{self, Config, VinProvider, redact_url},
        upstream::UpstreamClient,
    },
    features::oidc,
};

type PendingCheck<'a> = Pin<Box<dyn Future<Output = Finding> + Send + 'a>>;

/// A VIN in NHTSA's database.
const VIN: &str = "1HGCM82633A004352";

struct ServiceChecks<'a> {
    clock: &'a Clock,
    clocks: &'a Clocks,
    client: UpstreamClient,
}

pub(super) async fn check(config: &Config, clock: &Clock, clocks: &Clocks) -> Vec<Finding> {
    let checks = ServiceChecks { clock, clocks, client: UpstreamClient::new("check") };
    let checks = &checks;
    let mut all: Vec<PendingCheck<'_>> = vec![Box::pin(checks.nhtsa(&config.vin))];
    for (name, settings) in &config.auth.providers {
        all.push(Box::pin(checks.provider(name, settings)));
    }
    let stations = &config.stations;
    if stations.google_api_key.is_some() {
        let advice = "check stations.google_url, and that this machine can reach it";
        let what = "Google Places (the key was not tested, since requests cost money)";
        all.push(Box::pin(checks.any_response("Google", what, &stations.google_url, advice)));
    }
    for (name, url, advice) in [
        ("Overpass", &stations.overpass_url, "check stations.overpass_url, or use another server"),
        (
            "Nominatim",
            &stations.nominatim_url,
            "check stations.nominatim_url, or use another server",
        ),
        ("traces", &config.log.traces_url, "check log.traces_url, or start the collector"),
    ] {
        if let Some(url) = url {
            all.push(Box::pin(checks.any_response(name, "the server", url, advice)));
        }
    }
    if let Some(url) = &stations.tiles_url {
        all.push(Box::pin(checks.tiles(url)));
    }
    futures_util::future::join_all(all).await
}

impl ServiceChecks<'_> {
    /// Requests `address`.
    async fn get(&self, address: &str) -> Result<Response<Vec<u8>>, String> {
        let request = Request::get(address).header("accept", "*/*").body(Vec::new());
        let request = request.map_err(|_| "the address is not valid".to_owned())?;
        let requested_at = self.clock.now();
        let response =
            with_timeout(self.client.send(request)).await?.map_err(|it| it.to_string())?;
        let host = host(address);
        self.clocks.add_date(&host, response.headers(), requested_at, self.clock.now());
        Ok(response)
    }

    async fn nhtsa(&self, settings: &config::Vin) -> Finding {
        const NAME: &str = "VIN lookup";
        if settings.provider == VinProvider::Offline {
            return Finding::ok(NAME, "offline, with the built-in tables");
        }
        let base = settings.vpic_url.trim_end_matches('/');
        let address = format!("{base}/vehicles/DecodeVinValues/{VIN}?format=json");
        let advice = "check vin.vpic_url and this machine's Internet connection. Until then, the built-in \
                      tables are used";
        let is_decoded = |response: &Response<Vec<u8>>| {
            let body: Option<serde_json::Value> = serde_json::from_slice(response.body()).ok();
            body.is_some_and(|it| it["Results"].is_array())
        };
        match self.get(&address).await {
            Ok(response) if response.status() == StatusCode::OK && is_decoded(&response) => {
                Finding::ok(NAME, format!("{} decodes VINs", host(base)))
            }
            Ok(response) => {
                let found = format!(
                    "{} responds with {} instead of a decoded VIN",
                    host(base),
                    response.status()
                );
                Finding::failed(NAME, found, advice)
            }
            Err(why) => Finding::failed(NAME, format!("{}: {why}", host(base)), advice),
        }
    }

    async fn provider(&self, name: &str, settings: &config::Provider) -> Finding {
        let check = format!("OpenID provider {name}");
        let address = oidc::discovery_url(settings);
        let advice = format!(
            "check auth.providers.{name}.issuer: it must be exactly the issuer in \
                              {address}"
        );
        let problem = match self.get(&address).await {
            Ok(response) if response.status() == StatusCode::OK => {
                oidc::check_discovery(settings, response.body()).err()
            }
            Ok(response) => Some(format!("{address} responds with {}", response.status())),
            Err(why) => Some(format!("{address}: {why}")),
        };
        match problem {
            None => {
                Finding::ok(&check, format!("{} has a valid discovery document", settings.issuer))
            }
            Some(problem) => Finding::failed(&check, problem, advice),
        }
    }

    /// Accepts any response except a server error.
    async fn any_response(&self, name: &str, what: &str, address: &str, advice: &str) -> Finding {
        let shown = host(address);
        match self.get(address).await {
            Ok(response) if response.status().is_server_error() => Finding::failed(
                name,
                format!("{shown} responds with {}", response.status()),
                advice,
            ),
            Ok(_) => Finding::ok(name, format!("{what} responds at {shown}")),
            Err(why) => Finding::failed(name, format!("{shown}: {why}"), advice),
        }
    }

    /// Fetches the tile of the whole world, as a browser would.
    async fn tiles(&self, template: &str) -> Finding {
        const NAME: &str = "map tiles";
        let address = ["{x}", "{y}", "{z}"]
            .iter()
            .fold(template.to_owned(), |it, part| it.replace(part, "0"));
        let shown = redact_url(template);
        let problem = match self.get(&address).await {
            Ok(response) if response.status() == StatusCode::OK => {
                return Finding::ok(NAME, format!("{shown} has the tile of the whole world"));
            }
            Ok(response) => format!("{shown} responds with {}", response.status()),
            Err(why) => format!("{shown}: {why}"),
        };
        // Browsers fetch the tiles, possibly from another network.
        let advice = "open the station map in a browser; if it is empty, check stations.tiles_url";
        Finding::warning(NAME, problem, advice)
    }
}

/// The host and port of `address`, the only parts that are never secret.
fn host(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    let host = url.as_ref().and_then(|it| Some((it.host_str()?, it.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => "the address".to_owned(),
    }
}
