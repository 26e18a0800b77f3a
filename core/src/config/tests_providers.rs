use super::tests::read;

const PROVIDER: &str = "[server]\npublic_url = \"https://cars.example\"\n[auth.providers.home]\n\
    issuer = \"https://id.example/realms/home\"\nclient_id = \"cars\"\n";

#[test]
fn a_provider_is_read_from_the_file_and_the_environment() {
    let environment = [
        ("MVP__AUTH__PROVIDERS__HOME__LABEL", "Home"),
        ("MVP__AUTH__PROVIDERS__WORK__ISSUER", "http://127.0.0.1:9000"),
        ("MVP__AUTH__PROVIDERS__WORK__CLIENT_ID", "cars"),
        ("MVP__AUTH__PROVIDERS__WORK__ALLOW_SIGN_UP", "true"),
    ];
    let config = read(PROVIDER, &environment).unwrap();
    let home = &config.auth.providers["home"];
    assert_eq!(home.issuer, "https://id.example/realms/home");
    assert_eq!(
        (home.label.as_deref(), home.scopes.as_str()),
        (Some("Home"), "openid email profile")
    );
    assert!(home.audience.is_none() && home.client_secret.is_none() && !home.allow_sign_up);
    assert!(config.auth.providers["work"].allow_sign_up);
}

#[test]
fn a_provider_secret_is_read_from_its_file_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "s3cret\n").unwrap();
    let key = "MVP__AUTH__PROVIDERS__HOME__CLIENT_SECRET_FILE";
    let config = read(PROVIDER, &[(key, path.to_str().unwrap())]).unwrap();
    let secret = config.auth.providers["home"].client_secret.as_ref();
    assert_eq!(secret.unwrap().expose(), "s3cret");
    assert!(!format!("{config:?}").contains("s3cret"));
    assert!(!serde_json::to_string(&config).unwrap().contains("s3cret"));

    let both = [(key, "/nowhere"), ("MVP__AUTH__PROVIDERS__HOME__CLIENT_SECRET", "x")];
    let message = read(PROVIDER, &both).unwrap_err().to_string();
    assert!(message.starts_with("auth.providers.home.client_secret and "), "{message}");
    let message = read("", &[("MVP__DATABASE__NAME_FILE", "x")]).unwrap_err().to_string();
    assert_eq!(message, "unknown setting: database.name_file");
}

#[test]
fn an_invalid_provider_is_reported_with_its_dotted_path() {
    let message = |more: &str| read(&format!("{PROVIDER}{more}"), &[]).unwrap_err().to_string();
    assert_eq!(message("colour = 1"), "unknown setting: auth.providers.home.colour");
    assert!(message("scopes = \"email\"").starts_with("auth.providers.home.scopes: "));
    assert!(message("audience = \" \"").starts_with("auth.providers.home.audience: "));
    let other = |name: &str, issuer: &str| {
        message(&format!("[auth.providers.{name}]\nissuer = \"{issuer}\"\nclient_id = \"x\""))
    };
    assert!(other("Other", "https://a.example").starts_with("auth.providers.Other: "));
    let again = other("other", "https://id.example/realms/home");
    assert!(again.contains(".issuer: must be unique"), "{again}");
    for issuer in [
        "http://id.example",
        "http://127.0.0.1.example",
        "http://localhost@id.example",
        "ftp://id.example",
        "id.example",
        "https://id.example?x",
        "https://id.example#x",
        "https://",
        "",
    ] {
        let message = other("other", issuer);
        assert!(message.starts_with("auth.providers.other.issuer: "), "{issuer}: {message}");
    }
}

#[test]
fn providers_require_a_public_url() {
    let provider = PROVIDER.split_once("[auth").unwrap().1;
    let message = read(&format!("[auth{provider}"), &[]).unwrap_err().to_string();
    assert!(message.starts_with("server.public_url: "), "{message}");
}

#[test]
fn only_a_local_provider_may_use_local_urls() {
    let allows = |issuer: &str, address: &str| {
        let mut config = read(PROVIDER, &[]).unwrap();
        let mut provider = config.auth.providers.remove("home").unwrap();
        issuer.clone_into(&mut provider.issuer);
        provider.allows_url(address)
    };
    assert!(allows("https://id.example", "https://keys.example/x?y"));
    assert!(!allows("https://id.example", "http://127.0.0.1/keys"));
    assert!(allows("http://localhost:1", "http://[::1]:2/keys"));
    assert!(!allows("http://localhost:1", "http://10.0.0.1/keys"));
    assert!(!allows("http://localhost:1", "file:///etc/passwd"));
}
