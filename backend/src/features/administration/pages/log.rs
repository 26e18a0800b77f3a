//! The page for the security log.

use askama::Template;
use axum::{extract::State, response::Html};
use uuid::Uuid;

use crate::{
    app::App,
    core::{
        Result,
        http::{Form, Limit, QueryForm},
        input::FilterDay,
        locale::{self, Message},
        web::{self, FormView, Layout},
    },
    features::{
        accounts::{Administrator, Preferences, browser_name},
        administration::log::{self, LogQuery, Names},
        security_log::{EventKind, SecurityEvent},
    },
    t,
};

/// An event for display.
pub(super) struct EventView {
    pub(super) title: Message,
    /// Whether the event deserves attention.
    pub(super) is_alarming: bool,
    pub(super) at: String,
    /// The time in RFC 3339 format.
    pub(super) datetime: String,
    /// The id and the name of the affected account.
    pub(super) account: Option<(Uuid, String)>,
    /// The account that caused the event, if it is another one.
    pub(super) actor: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) address: Option<String>,
    pub(super) browser: Option<String>,
    /// The number of repetitions, if more than one.
    pub(super) repeated: Option<Message>,
}

impl EventView {
    /// Converts events for display to a user with these preferences.
    pub(super) async fn all(
        app: &App,
        events: Vec<SecurityEvent>,
        preferences: &Preferences,
    ) -> Result<Vec<Self>> {
        let mut names = Names::new();
        log::load_names(&mut app.db.read().await?, &mut names, &events).await?;
        Ok(events.into_iter().map(|event| Self::new(event, &names, preferences)).collect())
    }

    fn new(event: SecurityEvent, names: &Names, preferences: &Preferences) -> Self {
        let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
        let last = event.last_at.map(|it| preferences.format_time(it));
        Self {
            title: Message::plain(event.kind.label()),
            is_alarming: matches!(event.kind, EventKind::SignInFailed | EventKind::SignInThrottled),
            at: preferences.format_time(event.at),
            datetime: event.at.to_rfc3339(),
            account: event.account_id.map(|id| (id, name(id))),
            actor: event.actor_id.filter(|it| Some(*it) != event.account_id).map(name),
            detail: event.detail,
            address: event.address,
            browser: event.user_agent.as_deref().map(browser_name),
            repeated: last
                .map(|last| t!("administration-event-repeated", count = event.count, last = last)),
        }
    }
}

#[derive(Template)]
#[template(path = "features/administration/templates/log.html")]
struct Log {
    layout: Layout,
    view: FormView,
    kinds: Vec<(&'static str, Message)>,
    events: Vec<EventView>,
    /// The account that the list is filtered by, and a text about it.
    about: Option<(Uuid, locale::Html)>,
    /// The query of the export with the same filters.
    export: String,
    /// The query of the next page.
    older: Option<String>,
}

const LABELS: &[(&str, &str)] = &[
    ("kind", "administration-log-kind"),
    ("from", "administration-log-from"),
    ("to", "administration-log-to"),
];

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    layout: Layout,
    QueryForm(query): QueryForm<LogQuery>,
) -> Result<Html<String>> {
    let preferences = &administrator.0.0.preferences;
    let page = log::list(&app, &query.listing(Limit::new(50))).await?;
    let about = match query.user_id {
        Some(id) => {
            let mut tx = app.db.read().await?;
            let account = crate::features::accounts::admin::find(&mut tx, id.0).await?;
            let text = t!("administration-log-user", name = account.title());
            let user = format!("/admin/users/{}", id.0);
            Some((id.0, text.link("/admin/log").tag("user", user)))
        }
        None => None,
    };
    let day = |day: Option<FilterDay>| day.map(|it| it.0.to_string()).unwrap_or_default();
    let kind = query.kind.map_or("", EventKind::as_str);
    let filters = [
        ("kind", kind.to_owned()),
        ("userId", query.user_id.map(|it| it.0.to_string()).unwrap_or_default()),
        ("from", day(query.from)),
        ("to", day(query.to)),
    ];
    let set_filters: Vec<_> = filters.iter().filter(|it| !it.1.is_empty()).cloned().collect();
    let encoded = |cursor: Option<&str>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(set_filters.iter()).extend_pairs(cursor.map(|it| ("cursor", it)));
        query.finish()
    };
    let (export, older) = (encoded(None), page.next_cursor.as_deref().map(|it| encoded(Some(it))));
    let mut kinds = vec![("", t!("administration-log-kind-all"))];
    let names = EventKind::ALL.iter().map(|&(kind, id)| (kind, Message::plain(id)));
    kinds.extend(names);
    web::page(&Log {
        layout,
        kinds,
        events: EventView::all(&app, page.items, preferences).await?,
        about,
        export,
        older,
        view: FormView::new(LABELS, Form::from_fields(filters)),
    })
}
