//! Damaged data files are rejected without panicking.

use vpic::{DataError, Decoder};

static DATA: &[u8] = include_bytes!("../data/vpic.bin.zst");

#[test]
fn other_files_are_rejected() {
    for bytes in [&b""[..], b"VPICDATA", b"PK\x03\x04", &[0; 4096], &DATA[1..], &DATA[..59]] {
        assert_eq!(Decoder::from_bytes(bytes).unwrap_err(), DataError::NotVinData);
    }
}

#[test]
fn an_unsupported_version_is_reported() {
    let mut file = DATA.to_vec();
    file[8] = 200;
    let error = Decoder::from_bytes(&file).unwrap_err();
    assert!(matches!(error, DataError::Version { found: 200, .. }));
    assert!(error.to_string().contains("200"));
}

#[test]
fn a_truncated_file_is_rejected() {
    for length in [60, 61, 100, DATA.len() / 2, DATA.len() - 1] {
        assert_eq!(
            Decoder::from_bytes(&DATA[..length]).unwrap_err(),
            DataError::Damaged,
            "{length}"
        );
    }
}

#[test]
fn a_changed_bit_is_detected_anywhere() {
    let mut file = DATA.to_vec();
    for place in (12..DATA.len()).step_by(DATA.len() / 97) {
        file[place] ^= 1 << (place % 8);
        assert!(Decoder::from_bytes(&file).is_err(), "{place}");
        file[place] ^= 1 << (place % 8);
    }
    assert!(Decoder::from_bytes(&file).is_ok());
}
