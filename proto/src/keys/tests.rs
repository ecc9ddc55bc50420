//! Keys are created, verified, revoked and expire; their file is read with every problem at once.

use super::*;
use crate::principal::PrincipalKind;

const RANDOM: [u8; 32] = [7; 32];

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-11-28T12:00:00Z")
}

fn refusal(keys: &KeyFile, shown: &str, now: Timestamp) -> String {
    let error = keys.verify(shown, now).unwrap_err();
    assert_eq!(error.code, Code::Unauthenticated);
    error.message
}

/// By `printf clio_0707… | sha256sum`.
const SHA256_OF_SEVENS: &str = "08689487c4b06029b7383a19bfe0b27babaa5cac4465fcd619d9288808e6ae6e";

#[test]
fn a_key_opens_from_its_making_until_it_expires_or_is_revoked() {
    let mut keys = KeyFile::default();
    let expires = time("2027-01-01T00:00:00Z");
    let secret = keys.create("etl-bot", &RANDOM, now(), Some(expires)).unwrap();
    assert_eq!(secret.reveal(), format!("clio_{}", "07".repeat(32)));
    assert_eq!(hex(&keys.keys()[0].sha256), SHA256_OF_SEVENS);
    assert_eq!(keys.verify(secret.reveal(), now()).unwrap().name, "etl-bot");
    let last = time("2026-12-31T23:59:59Z");
    assert!(keys.verify(secret.reveal(), last).is_ok());
    let expired = refusal(&keys, secret.reveal(), expires);
    keys.revoke("etl-bot", now()).unwrap();
    let revoked = refusal(&keys, secret.reveal(), now());
    let unknown = refusal(&keys, &format!("clio_{}", "08".repeat(32)), now());
    assert!(expired == revoked && revoked == unknown, "{expired} {revoked} {unknown}");
    assert!(!unknown.contains("0808"), "{unknown}");
    for other in ["", "clio_", &"07".repeat(32), &secret.reveal().to_uppercase()] {
        refusal(&keys, other, now());
    }
}

#[test]
fn a_file_of_keys_reads_back_and_holds_no_secret() {
    let mut keys = KeyFile::default();
    let secret = keys.create("a", &RANDOM, now(), None).unwrap();
    keys.create("b.c-d_9", &[8; 32], now(), Some(time("2027-01-01T00:00:00Z"))).unwrap();
    keys.revoke("a", time("2026-12-01T00:00:00Z")).unwrap();
    // Revoked once, since then.
    keys.revoke("a", time("2026-12-24T00:00:00Z")).unwrap();
    assert_eq!(keys.keys()[0].revoked, Some(time("2026-12-01T00:00:00Z")));
    let text = keys.text();
    assert_eq!(KeyFile::parse(&text).unwrap(), keys);
    assert!(!text.contains(&secret.reveal()[KEY_PREFIX.len()..]), "{text}");
    assert!(!format!("{keys:?} {secret:?}").contains("0707"));
    assert_eq!(KeyFile::parse("").unwrap(), KeyFile::default());
}

#[test]
fn what_cannot_be_made_or_revoked_says_why() {
    let mut keys = KeyFile::default();
    for name in ["", "A", "-a", "ä", "a b", "a\"", &"a".repeat(65)] {
        let error = keys.create(name, &RANDOM, now(), None).unwrap_err();
        assert!(matches!(error, KeyFileError::Name { .. }), "{name}: {error}");
    }
    let past = keys.create("a", &RANDOM, now(), Some(now())).unwrap_err();
    assert!(matches!(past, KeyFileError::Expired { .. }), "{past}");
    keys.create("a", &RANDOM, now(), None).unwrap();
    let twice = keys.create("a", &[8; 32], now(), None).unwrap_err();
    assert!(matches!(twice, KeyFileError::Taken { .. }), "{twice}");
    let none = keys.revoke("b", now()).unwrap_err();
    assert_eq!(none.to_string(), "there is no key `b`; there are: `a`");
}

#[test]
fn every_problem_of_a_file_is_told_with_its_line() {
    let hash = "a".repeat(64);
    let text = format!(
        "keys = 1\n[key.A]\nsha256 = \"{hash}\"\ncreated = \"2026-01-01T00:00:00Z\"\n[key.b]\nsha256 = \"xyz\"\n\
         created = \"yesterday\"\nexpire = 1\n[key.c]\n[key.d]\nsha256 = \"{hash}\"\ncreated = \"2026-01-01T00:00:00Z\"\n"
    );
    let problems = KeyFile::parse(&text).unwrap_err();
    let mut told: Vec<_> =
        problems.iter().map(|it| format!("{} {} {}", it.line, it.key, it.what)).collect();
    told.sort_by_key(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap());
    let expected = [
        "1 keys unknown key",
        "2 key.A is not a name of a key",
        "6 key.b.sha256 is not a SHA-256",
        "7 key.b.created is not a time",
        "8 key.b.expire unknown key",
        "9 key.c.sha256 is missing",
        "9 key.c.created is missing",
        "10 key.d is the same key as `A`",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_ring_takes_what_the_file_says_last() {
    let mut keys = KeyFile::default();
    let secret = keys.create("etl-bot", &RANDOM, now(), None).unwrap();
    let ring = KeyRing::new(keys.clone(), now);
    let principal = ring.verify(secret.reveal()).unwrap();
    assert_eq!((principal.kind, principal.name.as_str()), (PrincipalKind::Key, "etl-bot"));
    let twin = ring.clone();
    keys.revoke("etl-bot", now()).unwrap();
    twin.replace(keys);
    assert!(ring.verify(secret.reveal()).is_err());
    assert!(!format!("{ring:?}").contains("0707"));
}
