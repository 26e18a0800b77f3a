use crate::{
    need,
    process::{Result, command, debug_program, run as run_command},
    python,
    service::{Service, settings},
};

pub(crate) const HELP: &str = "read the calendar feed with an independent parser

usage: cargo xtask calendar

Reads the service's calendar feed with an independent parser (icalendar, from PyPI). The parser must
accept the feed, texts must be returned as they were entered, and the UID of an event must not change
when the item is postponed or skipped. The service runs on SQLite, in a temporary folder.

  CALENDAR_PROGRAM  a program that is already built";

/// The version of icalendar.
const VERSION: &str = "7.3.2";

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["python3-venv"])?;
    let tools = python::install("icalendar", VERSION)?;
    let program = debug_program("CALENDAR_PROGRAM")?;
    let folder = tempfile::tempdir()?;
    let open = settings(&[("MVP__AUTH__REGISTRATION", "open")]);
    let service = Service::start(&program, folder.path(), &open)?;
    run_command(command(tools.join("python")).args(["scripts/read-calendar.py", &service.url]))
}
