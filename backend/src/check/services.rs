//! Other services that the settings name: whether they answer as they should.

use std::pin::Pin;

use axum::http::{Request, Response, StatusCode};

use super::{Clocks, Finding, in_time};
use crate::{
    core::{
        clock::Clock,
        config::{self, Config, VinProvider, redact_url},
        upstream::UpstreamClient,
    },
    features::accounts,
};

type Checking<'a> = Pin<Box<dyn Future<Output = Finding> + Send + 'a>>;

/// A VIN that NHTSA knows.
const VIN: &str = "1HGCM82633A004352";

struct Asking<'a> {
    clock: &'a Clock,
    clocks: &'a Clocks,
    client: UpstreamClient,
}

pub(super) async fn check(config: &Config, clock: &Clock, clocks: &Clocks) -> Vec<Finding> {
    let asking = Asking { clock, clocks, client: UpstreamClient::new("check") };
    let asking = &asking;
    let mut all: Vec<Checking<'_>> = vec![Box::pin(asking.nhtsa(&config.vin))];
    for (name, settings) in &config.auth.providers {
        all.push(Box::pin(asking.provider(name, settings)));
    }
    let stations = &config.stations;
    if stations.google_api_key.is_some() {
        let advice = "check stations.google_url, and that this machine can reach it";
        let what = "Google Places (the key was not tried: calls cost)";
        all.push(Box::pin(asking.any_answer("Google", what, &stations.google_url, advice)));
    }
    for (name, url, advice) in [
        ("Overpass", &stations.overpass_url, "check stations.overpass_url, or name another server"),
        (
            "Nominatim",
            &stations.nominatim_url,
            "check stations.nominatim_url, or name another server",
        ),
        ("traces", &config.log.traces_url, "check log.traces_url, or start the collector"),
    ] {
        if let Some(url) = url {
            all.push(Box::pin(asking.any_answer(name, "the server", url, advice)));
        }
    }
    if let Some(url) = &stations.tiles_url {
        all.push(Box::pin(asking.tiles(url)));
    }
    futures_util::future::join_all(all).await
}

impl Asking<'_> {
    /// What `address` answers.
    async fn get(&self, address: &str) -> Result<Response<Vec<u8>>, String> {
        let request = Request::get(address).header("accept", "*/*").body(Vec::new());
        let request = request.map_err(|_| "the address is not valid".to_owned())?;
        let asked = self.clock.now();
        let answer = in_time(self.client.send(request)).await?.map_err(|it| it.to_string())?;
        let host = host(address);
        self.clocks.add_date(&host, answer.headers(), asked, self.clock.now());
        Ok(answer)
    }

    async fn nhtsa(&self, settings: &config::Vin) -> Finding {
        const NAME: &str = "VIN lookup";
        if settings.provider == VinProvider::Offline {
            return Finding::ok(NAME, "by the tables in the program; no service is asked");
        }
        let base = settings.vpic_url.trim_end_matches('/');
        let address = format!("{base}/vehicles/DecodeVinValues/{VIN}?format=json");
        let advice = "check vin.vpic_url and this machine's way to the Internet. Meanwhile the \
                      tables in the program are used";
        let is_decoded = |answer: &Response<Vec<u8>>| {
            let body: Option<serde_json::Value> = serde_json::from_slice(answer.body()).ok();
            body.is_some_and(|it| it["Results"].is_array())
        };
        match self.get(&address).await {
            Ok(answer) if answer.status() == StatusCode::OK && is_decoded(&answer) => {
                Finding::ok(NAME, format!("{} decodes VINs", host(base)))
            }
            Ok(answer) => {
                let found = format!("{} answers {} instead of a VIN", host(base), answer.status());
                Finding::failed(NAME, found, advice)
            }
            Err(why) => Finding::failed(NAME, format!("{}: {why}", host(base)), advice),
        }
    }

    async fn provider(&self, name: &str, settings: &config::Provider) -> Finding {
        let check = format!("log-in provider {name}");
        let address = accounts::discovery_url(settings);
        let advice = format!(
            "check auth.providers.{name}.issuer: it must be exactly the issuer in \
                              {address}"
        );
        let problem = match self.get(&address).await {
            Ok(answer) if answer.status() == StatusCode::OK => {
                accounts::check_discovery(settings, answer.body()).err()
            }
            Ok(answer) => Some(format!("{address} answers {}", answer.status())),
            Err(why) => Some(format!("{address}: {why}")),
        };
        match problem {
            None => Finding::ok(&check, format!("{} describes itself", settings.issuer)),
            Some(problem) => Finding::failed(&check, problem, advice),
        }
    }

    /// Any answer will do that is not the server's own failure.
    async fn any_answer(&self, name: &str, what: &str, address: &str, advice: &str) -> Finding {
        let shown = host(address);
        match self.get(address).await {
            Ok(answer) if answer.status().is_server_error() => {
                Finding::failed(name, format!("{shown} answers {}", answer.status()), advice)
            }
            Ok(_) => Finding::ok(name, format!("{what} answers at {shown}")),
            Err(why) => Finding::failed(name, format!("{shown}: {why}"), advice),
        }
    }

    /// The picture of the whole world, as a browser would fetch it.
    async fn tiles(&self, template: &str) -> Finding {
        const NAME: &str = "map tiles";
        let address = ["{x}", "{y}", "{z}"]
            .iter()
            .fold(template.to_owned(), |it, part| it.replace(part, "0"));
        let shown = redact_url(template);
        let problem = match self.get(&address).await {
            Ok(answer) if answer.status() == StatusCode::OK => {
                return Finding::ok(NAME, format!("{shown} has the picture of the whole world"));
            }
            Ok(answer) => format!("{shown} answers {}", answer.status()),
            Err(why) => format!("{shown}: {why}"),
        };
        // Browsers fetch the tiles, and perhaps from another network.
        let advice =
            "open the map of stations in a browser; if it is empty, check stations.tiles_url";
        Finding::warning(NAME, problem, advice)
    }
}

/// The host of `address`, which is all of it that is never secret.
fn host(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    let host = url.as_ref().and_then(|it| Some((it.host_str()?, it.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host.to_owned(),
        None => "the address".to_owned(),
    }
}
