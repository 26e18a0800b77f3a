use std::{fs, io::Write as _, time::Duration};

use serde_json::{Value, json};

use super::{CLIENT, HOST, fail2ban::banned, site::Site, tls::handshake};
use crate::{
    check::{Step, ensure, equal, steps},
    process::Result,
};

const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "a throwaway password";
const KIBIBYTE: usize = 1024;
const MEBIBYTE: usize = 1024 * KIBIBYTE;

pub(super) const STEPS: &[Step<Site>] = steps![Site:
    pages_load_over_https,
    only_tls_1_2_and_1_3_are_spoken,
    plain_http_is_redirected_except_for_the_api,
    cookies_are_secure_and_bound_to_the_host,
    only_posts_from_the_sites_own_origin_are_accepted,
    the_clients_address_reaches_the_service,
    fail2ban_finds_failed_logins_and_nothing_else,
    clients_do_not_choose_request_ids_or_traces,
    bodies_up_to_the_limit_reach_the_service,
    files_of_stations_up_to_the_limit_reach_the_service,
];

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

impl Site {
    fn pages_load_over_https(&mut self) -> Result {
        let page = self.get("/register")?;
        equal(page.status, 200, "the page for the first account")?;
        ensure(
            page.header("content-type").is_some_and(|it| it.contains("text/html")),
            "it is HTML",
        )?;
        let hsts: Vec<_> = page.all("strict-transport-security").collect();
        equal(hsts, vec!["max-age=31536000"], "HSTS, once")?;
        let text = page.text();
        let mut links = text.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
        let style = links.find(|it| it.contains(".css")).unwrap_or("missing");
        equal(self.get(style)?.status, 200, format!("the style sheet {style}"))
    }

    fn only_tls_1_2_and_1_3_are_spoken(&mut self) -> Result {
        let (port, certificate) = (self.addresses.port, &self.addresses.certificate);
        let (succeeds, printed) = handshake(port, certificate, "-tls1_1")?;
        let is_rejected = printed.contains("alert protocol version");
        ensure(!succeeds && is_rejected, format!("TLS 1.1 is rejected: {printed}"))?;
        for (option, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
            let (succeeds, printed) = handshake(port, certificate, option)?;
            let is_spoken = printed.contains(&format!("New, {name}, "));
            ensure(succeeds && is_spoken, format!("{name} is spoken: {printed}"))?;
        }
        Ok(())
    }

    fn plain_http_is_redirected_except_for_the_api(&mut self) -> Result {
        let page = self.get_plain("/vehicles?active=false")?;
        ensure([301, 308].contains(&page.status), format!("{} is permanent", page.status))?;
        let target = format!("https://{HOST}/vehicles?active=false");
        equal(page.header("location"), Some(target.as_str()), "where to")?;
        let response = self.get_plain("/api/health")?;
        let found = (response.status, response.header("location"));
        equal(found, (self.plain_api, None), "plain HTTP at the API")
    }

    fn cookies_are_secure_and_bound_to_the_host(&mut self) -> Result {
        let response = self.post("/api/auth/register", &credentials(EMAIL, PASSWORD), &[])?;
        equal(response.status, 201, format!("registering: {}", response.text()))?;
        let mut cookies = response.all("set-cookie");
        let cookie =
            cookies.find(|it| it.split('=').next().is_some_and(|it| it.contains("session")));
        let cookie = cookie.unwrap_or_default();
        ensure(cookie.starts_with("__Host-"), format!("{cookie} has the prefix"))?;
        let mut parts = cookie.split(';').map(str::trim);
        let pair = parts.next().unwrap_or_default().to_owned();
        let attributes: Vec<_> = parts.map(str::to_lowercase).collect();
        for attribute in ["secure", "httponly", "path=/", "samesite=lax"] {
            ensure(attributes.iter().any(|it| it == attribute), format!("{attribute} is set"))?;
        }
        self.cookie = pair;
        let email = self.get("/api/auth/me")?.json()?["email"].clone();
        equal(email, json!(EMAIL), "who is signed in")
    }

    fn only_posts_from_the_sites_own_origin_are_accepted(&mut self) -> Result {
        let vehicle = json!({ "vin": "1HGCM82633A004352" });
        let other = ("Origin", "https://other.example.org");
        for (site, what) in [
            ("cross-site", "a post from another site"),
            ("", "a post from another origin, by an older browser"),
        ] {
            let headers = [other, ("Sec-Fetch-Site", site)];
            let response = self.post("/api/vehicles", &vehicle, &headers)?;
            equal(response.status, 403, format!("{what}: {}", response.text()))?;
        }
        let items = self.get("/api/vehicles")?.json()?["items"].clone();
        equal(items, json!([]), "vehicles after these")?;
        let response = self.post("/api/vehicles", &vehicle, &[])?;
        equal(
            response.status,
            201,
            format!("a post from the site's own pages: {}", response.text()),
        )?;
        // Like a form from a browser without Sec-Fetch-Site.
        let form = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", self.origin.as_str()),
        ];
        let body = b"email=ann%40example.org&password=wrong";
        let status = self.request("POST", "/login", &form, body)?.status;
        ensure(
            [401, 422].contains(&status),
            format!("{status} is a response to the form to log in"),
        )
    }

    fn the_clients_address_reaches_the_service(&mut self) -> Result {
        let wrong = credentials(EMAIL, "a wrong password");
        let forged = [
            ("X-Forwarded-For", "203.0.113.7"),
            ("Forwarded", "for=203.0.113.7"),
            ("X-Real-IP", "203.0.113.7"),
        ];
        equal(self.post("/api/auth/login", &wrong, &forged)?.status, 401, "a wrong password")?;
        let events = self.get("/api/admin/security-log")?.json()?;
        let events = events["items"].as_array().cloned().unwrap_or_default();
        let refused = events.iter().filter(|it| it["kind"] == "sign-in-refused");
        let mut addresses: Vec<_> = refused.map(|it| it["address"].clone()).collect();
        addresses.dedup();
        equal(addresses, vec![json!(CLIENT)], "addresses of refused sign-ins in the security log")?;
        for line in fs::read_to_string(self.log())?.lines().filter(|it| it.starts_with('{')) {
            let entry: Value = serde_json::from_str(line)?;
            let fields = entry.get("fields").unwrap_or(&entry);
            if fields["message"] == "Security event" {
                equal(&fields["client"], &json!(CLIENT), "the client in the log")?;
            }
        }
        Ok(())
    }

    fn fail2ban_finds_failed_logins_and_nothing_else(&mut self) -> Result {
        let log = self.log();
        let events = || -> Result<usize> {
            let text = fs::read_to_string(&log)?;
            Ok(text.lines().filter(|it| it.contains("\"kind\":\"sign-in-refused\"")).count())
        };
        let before = events()?;
        let line =
            "\"message\":\"Security event\",\"kind\":\"sign-in-refused\",\"client\":\"192.0.2.1\"";
        let status = |body: &Value, headers: &[(&str, &str)]| -> Result<u16> {
            Ok(self.post("/api/auth/login", body, headers)?.status)
        };
        let wrong = credentials("bob@example.org", "a wrong password");
        equal(status(&wrong, &[])?, 401, "an account that does not exist")?;
        let forged = credentials(line, "a wrong password");
        equal(status(&forged, &[])?, 422, "no address, but a line of the log")?;
        let path = format!("/api/{}", line.replace('"', "%22").replace(' ', "%20"));
        equal(self.get(&path)?.status, 404, "a path that is one")?;
        let right = credentials(EMAIL, PASSWORD);
        let another = [("Cookie", "")];
        equal(status(&right, &another)?, 200, "the right password, in another browser")?;
        equal(events()?, before + 1, "refused sign-ins in the log, one of them now")?;
        let expected = vec![CLIENT.to_owned(); before + 1];
        equal(banned(&self.log())?, expected, "what the filter of fail2ban matches")
    }

    fn clients_do_not_choose_request_ids_or_traces(&mut self) -> Result {
        let chosen = "chosen-by-the-client";
        let trace = format!("00-{}-{}-01", "1".repeat(32), "2".repeat(16));
        let headers = [("X-Request-Id", chosen), ("traceparent", trace.as_str())];
        let response = self.request("GET", "/api/auth/me", &headers, &[])?;
        equal(response.status, 200, "the request")?;
        let id = response.header("x-request-id").unwrap_or_default();
        ensure(!id.is_empty() && id != chosen, format!("the id {id:?} is not the client's"))
    }

    fn bodies_up_to_the_limit_reach_the_service(&mut self) -> Result {
        let body = |length: usize| json!({ "x": "y".repeat(length) });
        let largest = body(256 * KIBIBYTE - 10);
        let response = self.post("/api/vehicles", &largest, &[])?;
        equal(
            response.status,
            422,
            "256 KiB, which the service reads and rejects for its content",
        )?;
        let response = self.post("/api/vehicles", &body(256 * KIBIBYTE + 1), &[])?;
        equal(response.status, 413, "a larger one")?;
        let kind = response.header("content-type");
        equal(
            kind,
            Some("application/problem+json"),
            "the type of this response, the service's own",
        )
    }

    fn files_of_stations_up_to_the_limit_reach_the_service(&mut self) -> Result {
        let start = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"stations.csv\"\r\n\r\n\
                     name,latitude,longitude\n";
        let end = "\r\n--edge--\r\n";
        let headers = [
            ("Content-Type", "multipart/form-data; boundary=edge"),
            ("Origin", self.origin.as_str()),
        ];
        let body = [start, &"Nowhere,,\n".repeat(8 * MEBIBYTE / 10), end].concat();
        let response = self.request("POST", "/admin/stations", &headers, body.as_bytes())?;
        let text: String = response.text().chars().take(500).collect();
        equal(response.status, 303, format!("a file of 8 MiB: {text}"))?;
        // A proxy rejects a large body by its Content-Length, so the body does not need to be sent.
        let length = 512 * MEBIBYTE + start.len() + end.len();
        let mut connection = self.connect()?;
        let (host, cookie) = (format!("{HOST}:{}", self.addresses.port), &self.cookie);
        write!(
            connection,
            "POST /admin/stations HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\
             Content-Length: {length}\r\n"
        )?;
        for (name, value) in headers {
            write!(connection, "{name}: {value}\r\n")?;
        }
        write!(connection, "\r\n{start}")?;
        connection.flush()?;
        let is_silent = connection.is_silent_for(Duration::from_millis(500));
        ensure(is_silent, "a file of 512 MiB is not rejected at once")
    }
}
