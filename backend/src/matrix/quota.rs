//! No route is left out of the quotas: each refuses a user, and a network that is not signed in, whose
//! quota is used up.

use super::{Probes, TestApp, World, rows};
use crate::{core::http, features::accounts::FakeProvider};

#[tokio::test]
async fn every_route_is_counted_by_user_or_by_network() {
    let provider = FakeProvider::start().await;
    let app = TestApp::new(|it| it.notifications.allow_private_addresses = true).await;
    let world = World::new(&app, "ann").await;
    let app = app.reconfigured(|config| {
        config.server.public_url = Some("http://cars.test".to_owned());
        config.server.requests_per_minute = 1;
        config.server.anonymous_requests_per_minute = 1;
        config.auth.providers.insert("home".to_owned(), provider.settings());
    });
    let mut probes = Probes { app: &app, count: 0 };
    let mut counted = 0;
    for (number, row) in rows::all().iter().enumerate() {
        // Each has a quota of one request, and uses it up.
        let user = app.register(&format!("user{number}@example.org")).await;
        assert_eq!(user.get("/api/vehicles").await.status, 200);
        let network = format!("198.18.{}.{}", number / 250, number % 250);
        let stranger = app.nobody().asking_from(&network);
        assert_eq!(stranger.get("/login").await.status, 200);

        for (who, name) in [(&user, "user"), (&stranger, "network")] {
            let answer = probes.send(who, row, &world.ids).await;
            let path = row.target().split('?').next().unwrap_or_default();
            if http::is_rate_limited(path) {
                assert_eq!(answer.status, 429, "{row:?} is not counted by {name}: {answer:?}");
                assert_ne!(answer.header("retry-after"), "", "{row:?}");
                let left = format!("\"{name}\";r=0;");
                assert!(answer.header("ratelimit").starts_with(&left), "{row:?}: {answer:?}");
                counted += 1;
            } else {
                assert_eq!(answer.status, 200, "{row:?}: {answer:?}");
            }
        }
    }
    assert!(counted > 300, "only {counted} probes were counted");
}

#[tokio::test]
async fn a_calendar_and_a_token_count_for_their_user() {
    let app = TestApp::new(|it| it.notifications.allow_private_addresses = true).await;
    let world = World::new(&app, "ann").await;
    let calendar = format!("/api/maintenance/calendar.ics?token={}", world.ids["my_calendar"]);
    let with_quota = |quota| app.reconfigured(|it| it.server.requests_per_minute = quota);
    for (path, is_token) in [(calendar.as_str(), false), ("/api/vehicles", true)] {
        let app = with_quota(2);
        let who = if is_token { world.reader.at(&app) } else { app.nobody() };
        assert_eq!(who.get(path).await.status, 200);
        let answer = who.get(path).await;
        assert!(answer.header("ratelimit").starts_with("\"user\";r=0;"), "{answer:?}");
        assert_eq!(who.get(path).await.status, 429);
        // Her session's requests are counted with them.
        assert_eq!(world.user.at(&app).get("/api/vehicles").await.status, 429);
    }
}
