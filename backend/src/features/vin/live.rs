//! NHTSA's own service, which may be away, slow, or answer anything at all.
//!
//! `GET {base}/vehicles/DecodeVinValues/{VIN}?format=json` answers 200 even for a bad VIN, with one
//! flat map of texts.

use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    DecodedVin, Source, Vin,
    honest::without_false_problems,
    model::{Problem, Values},
    offline,
};
use crate::core::upstream::{CircuitBreaker, FetchError, UpstreamClient};

/// Its name where it is counted.
const NAME: &str = "nhtsa";

/// NHTSA's service.
pub(super) struct Live {
    base: String,
    client: UpstreamClient,
    breaker: CircuitBreaker,
}

impl Live {
    pub(super) fn new(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { base, client: UpstreamClient::new(NAME), breaker: CircuitBreaker::new(NAME) }
    }

    /// What NHTSA says of the VIN, and its whole answer; none where it is away.
    pub(super) async fn decode(
        &self,
        vin: &Vin,
        year: Option<u16>,
        at: DateTime<Utc>,
    ) -> Option<(DecodedVin, Value)> {
        if !self.breaker.allows_request() {
            return None;
        }
        let answer = self.ask(vin, year, at).await;
        if !answer.as_ref().is_err_and(FetchError::was_not_sent) {
            self.breaker.record(answer.is_ok());
        }
        answer.inspect_err(|error| tracing::warn!(%error, "NHTSA gave no answer")).ok()
    }

    async fn ask(
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
        let answer = self.client.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::new(format!("{address} answers {}", answer.status())));
        }
        let raw: Value = serde_json::from_slice(answer.body())
            .map_err(|error| FetchError::new(format!("{address} answers no JSON: {error}")))?;
        let decoded = read(vin, &raw, at);
        let decoded =
            decoded.ok_or_else(|| FetchError::new(format!("{address} answers something else")))?;
        Ok((decoded, raw))
    }
}

/// Reads an answer of NHTSA's about this VIN; none where it is anything else.
pub(super) fn read(vin: &Vin, raw: &Value, at: DateTime<Utc>) -> Option<DecodedVin> {
    let result = raw["Results"].as_array()?.first()?.as_object()?;
    let values = result.iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null => String::new(),
            _ => return None,
        };
        // PostgreSQL keeps no NUL, and no word of NHTSA's has one.
        (!text.contains('\0')).then(|| (name.clone(), text))
    });
    let values = Values(values.collect::<Option<_>>()?);
    let about = values.get("VIN").unwrap_or(vin.as_str());
    if !about.eq_ignore_ascii_case(vin.as_str()) {
        return None;
    }
    let problems = problems(values.get("ErrorCode")?, values.get("ErrorText").unwrap_or_default());
    let suggested = values.get("SuggestedVIN").and_then(|it| Vin::well_formed(it).ok());
    let suggestions =
        suggested.filter(|it| it != vin).map(|it| it.as_str().to_owned()).into_iter().collect();
    let today = at.date_naive();
    let form = offline::form(vin.as_str(), today).ok()?;
    let decoded = values.into_decoded(vin.as_str(), &form, Source::Vpic, at);
    let make = decoded.make.map(offline::spelled);
    let decoded = DecodedVin { make, problems, suggestions, ..decoded };
    without_false_problems(decoded, &form, today).ok()
}

/// `1,14` with `1 - Check Digit …; 14 - Unable …`, one by one; code 0 says that all is well.
fn problems(codes: &str, sentences: &str) -> Vec<Problem> {
    let sentence = |code: u16| {
        let mark = format!("{code} - ");
        let mut parts = sentences.split("; ").skip_while(|part| !part.starts_with(&mark));
        let first = parts.next()?.strip_prefix(&mark)?.to_owned();
        // A sentence may have a semicolon of its own: it goes on until the next code.
        Some(parts.take_while(|part| !begins(part)).fold(first, |text, part| text + "; " + part))
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

/// Whether a part of a text begins a sentence: `14 - `.
fn begins(part: &str) -> bool {
    part.split_once(" - ").is_some_and(|(code, _)| code.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Vin, problems, read};

    #[test]
    fn codes_come_with_their_sentences() {
        let told = problems("1,14", "1 - Check digit; see note; 14 - Unable to say");
        let told: Vec<_> = told.iter().map(|it| (it.code, it.detail.as_str())).collect();
        assert_eq!(told, [(1, "Check digit; see note"), (14, "Unable to say")]);
        assert!(problems("0", "0 - VIN decoded clean").is_empty());
        assert_eq!(problems("400", "")[0].detail, "NHTSA's code 400");
    }

    #[test]
    fn what_is_no_answer_about_the_vin_is_none() {
        let vin = Vin::well_formed("1HGCM82633A004352").unwrap();
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
            assert_eq!(read(&vin, &raw, at), None, "{raw}");
        }
        let raw = json!({ "Results": [{ "ErrorCode": "0", "Make": "HONDA", "Doors": 4 }] });
        assert_eq!(read(&vin, &raw, at).unwrap().make.unwrap(), "Honda");
    }
}
