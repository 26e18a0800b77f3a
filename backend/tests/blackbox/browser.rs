//! The first visit, in real Chromium: from the empty service to economy on the screen.

use std::time::Duration;

use crate::support::{Place, Visit, block_on};

#[test]
#[cfg_attr(not(test_servers), ignore = "needs servers; `make test` starts them")]
fn the_first_visit_leads_to_economy_on_the_screen() {
    block_on(async {
        let visit = tokio::time::timeout(Duration::from_mins(2), first_visit());
        visit.await.expect("the visit takes no two minutes");
    });
}

async fn first_visit() {
    let place = Place::on_sqlite();
    let service = place.serve();
    let visit = Visit::begin().await;
    visit.page.goto(&service.url).await.unwrap();
    visit.reaches("/register").await;
    visit.types("email", "ann@example.org").await;
    visit.types("password", "correct horse battery").await;
    visit.enters("password").await;

    visit.reaches("/vehicles").await;
    visit.follows("a[href='/vehicles/new']").await;
    visit.reaches("/vehicles/new").await;
    // A slip first: what was typed stays, and the field says what is wrong.
    visit.types("vin", "1HGCM82643A004352").await;
    visit.types("make", "Honda").await;
    visit.enters("make").await;
    visit.shows("the check digit is 4").await;
    // Once it is right it fills in what was left empty, before anything is saved.
    visit.retypes("vin", "1HGCM82633A004352").await;
    visit.shows("2003 Honda Accord").await;
    visit.enters("make").await;

    for (odometer, gallons) in [("84000", "10"), ("84300", "9.5"), ("84610", "10.5")] {
        visit.shows("Honda Accord").await;
        visit.follows("a[href$='/fuel-logs/new']").await;
        visit.reaches("/fuel-logs/new").await;
        visit.types("odometer", odometer).await;
        visit.types("volume", gallons).await;
        visit.types("unitPrice", "3.499").await;
        visit.enters("unitPrice").await;
        visit.leaves("/fuel-logs/new").await;
    }
    // 610 miles on 20 gallons; 300 on 9.5 at best.
    visit.shows("84,610").await;
    visit.shows("30.5").await;
    visit.shows("31.6").await;
    visit.shows("29.5").await;

    visit.ends().await;
}
