use std::fs;

use serde_json::{Value, json};

use crate::{
    http::Client,
    need,
    process::{Error, Result, command, debug_program, fail, number, project, status},
    python,
    service::{Service, settings},
};

pub(crate) const HELP: &str = "check every response against the OpenAPI document

usage: cargo xtask fuzz

Sends valid and invalid requests to the service, according to its OpenAPI document, and checks every
response against the document: without signing in, with a personal token, and with a session cookie. The
service runs on SQLite, in a temporary folder. Fails if it finds anything.

  FUZZ_SECONDS  the total duration (600). 0 means one short pass, as in `make test`.
  FUZZ_SEED     the seed of an earlier run, to repeat it; each run prints its seed
  FUZZ_PROGRAM  a program that is already built";

/// The version of schemathesis.
const VERSION: &str = "4.32.5";
const EMAIL: &str = "fuzz@example.org";
const PASSWORD: &str = "horse battery 7";

/// How each pass signs in. The session comes last, because it may revoke the token. If a request ends the session,
/// schemathesis signs in again.
const MODES: [(&str, &str); 3] = [
    ("anonymous", ""),
    ("token", "[auth.openapi.token]\nbearer = \"${FUZZ_TOKEN}\"\n"),
    (
        "session",
        "[auth.dynamic.openapi.session]
path = \"/api/auth/login\"
payload = { email = \"${FUZZ_EMAIL}\", password = \"${FUZZ_PASSWORD}\" }
extract_from = \"cookie\"
extract_selector = \"session\"
",
    ),
];

pub(crate) fn run(_arguments: &[String]) -> Result {
    need::ensure(&["python3-venv"])?;
    let seconds = number("FUZZ_SECONDS", 600)?;
    let seed = number("FUZZ_SEED", u64::from(std::process::id()))?;
    let tools = python::install("schemathesis", VERSION)?;
    let program = debug_program("FUZZ_PROGRAM")?;
    let folder = tempfile::tempdir()?;
    let settings = settings(&[
        ("MVP__AUTH__REGISTRATION", "open"),
        ("MVP__SERVER__TRUSTED_PROXIES", "127.0.0.1"), // see fuzz.py
        ("MVP__SERVER__REQUESTS_PER_MINUTE", "0"),     // otherwise most responses would be 429
        ("MVP__SERVER__ANONYMOUS_REQUESTS_PER_MINUTE", "0"),
    ]);
    let mut service = Service::start(&program, folder.path(), &settings)?;

    // The account for signed-in requests. It is the first one, so it is an administrator's.
    let account = json!({ "email": EMAIL, "password": PASSWORD });
    let mut client = Client::register(&service.url, &account)?;
    let token = client.post("/api/auth/tokens", &json!({ "name": "fuzz", "scope": "write" }))?;
    let vehicle = client.post("/api/vehicles", &json!({ "vin": "1HGCM82633A004352" }))?;
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let common = fs::read_to_string(project().join("scripts/fuzz.toml"))?;

    let mut found = false;
    for (mode, sign_in) in MODES {
        let file = folder.path().join(format!("{mode}.toml"));
        fs::write(&file, format!("{common}{sign_in}"))?;
        println!("fuzz: {mode}, FUZZ_SEED={seed}");
        let mut st = command(tools.join("st"));
        st.current_dir(folder.path()).arg("--config-file").arg(file);
        st.args(["run", &format!("{}/api/openapi.json", service.url), "--seed", &seed.to_string()]);
        if seconds == 0 {
            st.args(["--max-examples", "25"]);
        } else {
            st.args(["--max-time", &(seconds / 3).to_string()]);
        }
        st.env("FUZZ_HOOKS", project().join("scripts/fuzz.py"));
        st.env("FUZZ_EMAIL", EMAIL).env("FUZZ_PASSWORD", PASSWORD);
        st.env("FUZZ_TOKEN", text(&token["token"])).env("FUZZ_VEHICLE", text(&vehicle["id"]));
        if !status(&mut st)?.success() {
            eprintln!("fuzz: {mode} found a problem: repeat the run with FUZZ_SEED={seed}");
            found = true;
        }
    }

    if !service.is_running()? {
        return fail("the service has ended");
    }
    let log = service.log()?;
    let errors: Vec<_> =
        log.lines().filter(|it| it.contains("ERROR") || it.contains("panicked")).collect();
    if !errors.is_empty() {
        return fail(format!("the service logged an error:\n{}", errors.join("\n")));
    }
    if found { Err(Error::Exit(1)) } else { Ok(()) }
}
