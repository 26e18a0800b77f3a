use super::tests::read;

#[test]
fn no_station_providers_are_used_by_default() {
    let config = read("", &[]).unwrap();
    assert!(config.stations.google_api_key.is_none());
    assert!(config.stations.overpass_url.is_none() && config.stations.nominatim_url.is_none());
    assert_eq!(config.stations.google_url, "https://places.googleapis.com");
}

#[test]
fn googles_key_is_read_from_its_file_and_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "k3y\n").unwrap();
    let file = ("MVP__STATIONS__GOOGLE_API_KEY_FILE", path.to_str().unwrap());
    let config = read("", &[file]).unwrap();
    assert_eq!(config.stations.google_api_key.as_ref().unwrap().expose(), "k3y");
    assert!(!format!("{config:?}").contains("k3y"));
    assert!(!serde_json::to_string(&config).unwrap().contains("k3y"));
    let both = [file, ("MVP__STATIONS__GOOGLE_API_KEY", "x")];
    let message = read("", &both).unwrap_err().to_string();
    assert!(message.starts_with("stations.google_api_key and "), "{message}");
}

#[test]
fn invalid_urls_are_reported() {
    let message = |key: &str, value: &str| {
        let name = format!("MVP__STATIONS__{}", key.to_uppercase());
        read("", &[(&name, value)]).map(|_| ()).map_err(|it| it.to_string())
    };
    for (key, value) in [
        ("google_url", "http://places.example"),
        ("google_url", "ftp://127.0.0.1"),
        ("google_url", ""),
        ("google_api_key", " "),
        ("overpass_url", "overpass-api.de"),
        ("overpass_url", "file:///etc/passwd"),
        ("nominatim_url", "https://user@host"),
        ("nominatim_url", "https://host/?key=1"),
        ("tiles_url", "https://tiles.example/{z}/{x}.png"),
        ("tiles_url", "tiles/{z}/{x}/{y}.png"),
    ] {
        let why = message(key, value).unwrap_err();
        assert!(why.starts_with(&format!("stations.{key}: ")), "{why}");
    }
    assert_eq!(message("tiles_url", "https://tiles.example/{z}/{x}/{y}.png?k=1"), Ok(()));
    assert_eq!(message("google_url", "http://127.0.0.1:9000"), Ok(()));
    assert_eq!(message("google_url", "http://[::1]:9000/maps"), Ok(()));
    assert_eq!(message("overpass_url", "http://overpass:8080/api/interpreter"), Ok(()));
}
