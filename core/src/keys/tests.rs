use uuid::Uuid;

use super::{Context, ServiceKey, UnsealError};

fn key() -> ServiceKey {
    ServiceKey::generate().unwrap()
}

#[test]
fn a_sealed_value_opens_only_in_its_context() {
    let (key, row) = (key(), Uuid::now_v7());
    let context = Context { table: "secrets", column: "sealed", row };
    let sealed = key.seal("test", &context, b"open sesame").unwrap();
    assert!(!sealed.windows(11).any(|it| it == b"open sesame"));
    assert_eq!(key.open("test", &context, &sealed).unwrap(), b"open sesame");
    assert_ne!(key.seal("test", &context, b"open sesame").unwrap(), sealed);

    for moved in [
        Context { row: Uuid::now_v7(), ..context },
        Context { column: "secret", ..context },
        Context { table: "other", ..context },
    ] {
        assert_eq!(key.open("test", &moved, &sealed), Err(UnsealError), "{moved:?}");
    }
    assert_eq!(key.open("another purpose", &context, &sealed), Err(UnsealError));
    assert_eq!(self::key().open("test", &context, &sealed), Err(UnsealError));
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(key.open("test", &context, &changed), Err(UnsealError), "{at}");
        assert_eq!(key.open("test", &context, &sealed[..at]), Err(UnsealError), "{at}");
    }
}

#[test]
fn keys_for_different_purposes_differ() {
    let key = key();
    assert_eq!(key.derive("one"), key.derive("one"));
    assert_ne!(key.derive("one"), key.derive("other"));
    assert_ne!(key.derive("one"), self::key().derive("one"));
}

#[test]
fn a_key_can_be_written_and_read_but_is_never_printed() {
    let key = key();
    let text = key.to_text();
    assert_eq!(ServiceKey::parse(&text).as_ref(), Ok(&key));
    assert_eq!(ServiceKey::parse(&text.to_uppercase()).as_ref(), Ok(&key));
    assert!(!format!("{key:?}").contains(&text[..8]));
    let canary = "xyzzy-canary";
    for wrong in ["", canary, &text[..62], &format!("{}0", text.trim()), &text.replace('\n', "00")]
    {
        let why = ServiceKey::parse(wrong).unwrap_err();
        assert!(why.contains("openssl rand -hex 32") && !why.contains(canary), "{why}");
    }
    let mut text = text.trim().to_owned();
    text.replace_range(10..11, "g");
    ServiceKey::parse(&text).unwrap_err();
}
