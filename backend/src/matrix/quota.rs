//! Every route is subject to the quotas: it refuses users and anonymous networks that have used up theirs.

use super::{Fixture, Probes, TestApp, rows};
use crate::{core::http, features::oidc::FakeProvider};

#[tokio::test]
async fn every_route_counts_toward_a_quota() {
    let provider = FakeProvider::start().await;
    let app = TestApp::new(|it| it.notifications.allow_private_addresses = true).await;
    let fixture = Fixture::new(&app, "ann").await;
    let app = app.reconfigured(|config| {
        config.server.public_url = Some("http://cars.test".to_owned());
        config.server.requests_per_minute = 1;
        config.server.anonymous_requests_per_minute = 1;
        config.auth.providers.insert("home".to_owned(), provider.settings());
    });
    let mut probes = Probes { app: &app, count: 0 };
    let mut counted = 0;
    for (number, row) in rows::all().iter().enumerate() {
        // Use up the quota of one request.
        let user = app.register(&format!("user{number}@example.org")).await;
        assert_eq!(user.get("/api/vehicles").await.status, 200);
        let network = format!("198.18.{}.{}", number / 250, number % 250);
        let stranger = app.anonymous().with_client_ip(&network);
        assert_eq!(stranger.get("/login").await.status, 200);

        for (who, name) in [(&user, "user"), (&stranger, "network")] {
            let response = probes.send(who, row, &fixture.ids).await;
            let path = row.target().split('?').next().unwrap_or_default();
            if http::is_rate_limited(path) {
                assert_eq!(response.status, 429, "{row:?} is not counted by {name}: {response:?}");
                assert_ne!(response.header("retry-after"), "", "{row:?}");
                let left = format!("\"{name}\";r=0;");
                assert!(response.header("ratelimit").starts_with(&left), "{row:?}: {response:?}");
                counted += 1;
            } else {
                assert_eq!(response.status, 200, "{row:?}: {response:?}");
            }
        }
    }
    assert!(counted > 300, "only {counted} probes were counted");
}

#[tokio::test]
async fn calendar_and_token_requests_count_toward_their_users_quota() {
    let app = TestApp::new(|it| it.notifications.allow_private_addresses = true).await;
    let fixture = Fixture::new(&app, "ann").await;
    let calendar = format!("/api/maintenance/calendar.ics?token={}", fixture.ids["my_calendar"]);
    let with_quota = |quota| app.reconfigured(|it| it.server.requests_per_minute = quota);
    for (path, is_token) in [(calendar.as_str(), false), ("/api/vehicles", true)] {
        let app = with_quota(2);
        let who = if is_token { fixture.reader.at(&app) } else { app.anonymous() };
        assert_eq!(who.get(path).await.status, 200);
        let response = who.get(path).await;
        assert!(response.header("ratelimit").starts_with("\"user\";r=0;"), "{response:?}");
        assert_eq!(who.get(path).await.status, 429);
        // Requests of her session count toward the same quota.
        assert_eq!(fixture.user.at(&app).get("/api/vehicles").await.status, 429);
    }
}
