//! A client for NHTSA's web service, which may be unavailable or slow, or return anything.
//!
//! `GET {base}/vehicles/DecodeVinValues/{VIN}?format=json` returns status 200 even for an invalid
//! VIN, with a flat map of strings.

use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    DecodedVin, Source, Vin,
    foreign::drop_inapplicable_problems,
    model::{Problem, Values},
    offline,
};
use crate::core::upstream::{CircuitBreaker, FetchError, UpstreamClient};

/// Its name in metrics.
const NAME: &str = "nhtsa";

/// A client for NHTSA's web service.
pub(super) struct NhtsaClient {
    base: String,
    client: UpstreamClient,
    breaker: CircuitBreaker,
}

impl NhtsaClient {
    pub(super) fn new(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { base, client: UpstreamClient::new(NAME), breaker: CircuitBreaker::new(NAME) }
    }

    /// Decodes a VIN. Also returns the complete response. Returns `None` if the service is unavailable.
    pub(super) async fn decode(
        &self,
        vin: &Vin,
        year: Option<u16>,
        at: DateTime<Utc>,
    ) -> Option<(DecodedVin, Value)> {
        if !self.breaker.allows_request() {
            return None;
        }
        let response = self.request(vin, year, at).await;
        if !response.as_ref().is_err_and(FetchError::was_not_sent) {
            self.breaker.record(response.is_ok());
        }
        response.inspect_err(|error| tracing::warn!(%error, "The request to NHTSA failed")).ok()
    }

    async fn request(
        &self,
        vin: &Vin,
        year: Option<u16>,
        at: DateTime<Utc>,
    ) -> Result<(DecodedVin, Value), FetchError> {
        let year = year.map(|it| format!("&modelyear={it}")).unwrap_or_default();
        let address =
            format!("{}/vehicles/DecodeVinValues/{}?format=json{year}", self.base, vin.as_str());
        let request = Request::get(&address)
            .header(header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| FetchError::new(error.to_string()))?;
        let response = self.client.send(request).await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::new(format!("{address} returned {}", response.status())));
        }
        let raw: Value = serde_json::from_slice(response.body()).map_err(|error| {
            FetchError::new(format!("{address} returned invalid JSON: {error}"))
        })?;
        let decoded = parse(vin, &raw, at);
        let decoded = decoded
            .ok_or_else(|| FetchError::new(format!("{address} returned an unexpected response")))?;
        Ok((decoded, raw))
    }
}

/// Parses NHTSA's response for this VIN. Returns `None` if it is anything else.
pub(super) fn parse(vin: &Vin, raw: &Value, at: DateTime<Utc>) -> Option<DecodedVin> {
    let result = raw["Results"].as_array()?.first()?.as_object()?;
    let values = result.iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null => String::new(),
            _ => return None,
        };
        // PostgreSQL can't store NUL characters, and valid responses contain none.
        (!text.contains('\0')).then(|| (name.clone(), text))
    });
    let values = Values(values.collect::<Option<_>>()?);
    let about = values.get("VIN").unwrap_or(vin.as_str());
    if !about.eq_ignore_ascii_case(vin.as_str()) {
        return None;
    }
    let problems =
        parse_problems(values.get("ErrorCode")?, values.get("ErrorText").unwrap_or_default());
    let suggested = values.get("SuggestedVIN").and_then(|it| Vin::parse(it).ok());
    let suggestions =
        suggested.filter(|it| it != vin).map(|it| it.as_str().to_owned()).into_iter().collect();
    let today = at.date_naive();
    let format = offline::vin_format(vin.as_str(), today).ok()?;
    let decoded = values.into_decoded(vin.as_str(), &format, Source::Vpic, at);
    let make = decoded.make.map(offline::spell_make);
    let decoded = DecodedVin { make, problems, suggestions, ..decoded };
    drop_inapplicable_problems(decoded, &format, today).ok()
}

/// Splits the codes `1,14` and the text `1 - Check Digit …; 14 - Unable …` into problems. Code 0
/// means that there are none.
fn parse_problems(codes: &str, sentences: &str) -> Vec<Problem> {
    let sentence = |code: u16| {
        let mark = format!("{code} - ");
        let mut parts = sentences.split("; ").skip_while(|part| !part.starts_with(&mark));
        let first = parts.next()?.strip_prefix(&mark)?.to_owned();
        // A sentence may contain semicolons. It ends at the next code.
        Some(
            parts
                .take_while(|part| !starts_with_code(part))
                .fold(first, |text, part| text + "; " + part),
        )
    };
    let codes = codes.split(',').filter_map(|code| code.trim().parse().ok());
    codes
        .filter(|code| *code != 0)
        .map(|code| Problem {
            code,
            detail: sentence(code).unwrap_or_else(|| format!("NHTSA's code {code}")),
            positions: Vec::new(),
        })
        .collect()
}

/// Whether the text starts with a code, such as `14 - `.
fn starts_with_code(part: &str) -> bool {
    part.split_once(" - ").is_some_and(|(code, _)| code.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Vin, parse, parse_problems};

    #[test]
    fn codes_are_matched_with_their_sentences() {
        let problems = parse_problems("1,14", "1 - Check digit; see note; 14 - Unable to say");
        let problems: Vec<_> = problems.iter().map(|it| (it.code, it.detail.as_str())).collect();
        assert_eq!(problems, [(1, "Check digit; see note"), (14, "Unable to say")]);
        assert!(parse_problems("0", "0 - VIN decoded clean").is_empty());
        assert_eq!(parse_problems("400", "")[0].detail, "NHTSA's code 400");
    }

    #[test]
    fn invalid_responses_are_rejected() {
        let vin = Vin::parse("1HGCM82633A004352").unwrap();
        let at = crate::testing::NOW.parse().unwrap();
        for raw in [
            json!(null),
            json!([]),
            json!({ "Results": [] }),
            json!({ "Results": ["x"] }),
            json!({ "Results": [{ "Make": "HONDA" }] }),
            json!({ "Results": [{ "VIN": "1HGCM82633A004353", "ErrorCode": "0" }] }),
            json!({ "Results": [{ "ErrorCode": "0", "Make": ["HONDA"] }] }),
            json!({ "Results": [{ "ErrorCode": "0", "Make": "HON\0DA" }] }),
        ] {
            assert_eq!(parse(&vin, &raw, at), None, "{raw}");
        }
        let raw = json!({ "Results": [{ "ErrorCode": "0", "Make": "HONDA", "Doors": 4 }] });
        assert_eq!(parse(&vin, &raw, at).unwrap().make.unwrap(), "Honda");
    }
}
