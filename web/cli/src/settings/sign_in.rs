//! `[sign_in]`: how people and programs authenticate to the gateway.

use super::kind::{COUNTS_OR_NONE, Kind};
use super::{Place, Setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        ["sign_in.issuer", "CLIO_SIGN_IN_ISSUER", "issuer"],
        Kind::Text("URL"),
        "The provider of identities (OpenID Connect) whose tokens are accepted, exactly as they name it",
        |it| Place::MaybeText(&mut it.sign_in.issuer),
    ),
    Setting::new(
        ["sign_in.audience", "CLIO_SIGN_IN_AUDIENCE", "audience"],
        Kind::Text("NAME"),
        "Whom its tokens have to be for",
        |it| Place::MaybeText(&mut it.sign_in.audience),
    ),
    Setting::new(
        ["sign_in.trusted_proxies", "CLIO_SIGN_IN_TRUSTED_PROXIES", "trusted-proxies"],
        Kind::Networks,
        "Addresses and networks of proxies that sign people in and name them in headers; every process there can be anybody",
        |it| Place::Texts(&mut it.sign_in.trusted_proxies),
    ),
    Setting::rare(
        ["sign_in.proxy_secret_file", "CLIO_SIGN_IN_PROXY_SECRET_FILE", "proxy-secret-file"],
        Kind::File,
        "A file with what these proxies also have to send, as `clio-proxy-secret`: for addresses that others share",
        |it| Place::MaybePath(&mut it.sign_in.proxy_secret_file),
    ),
    Setting::rare(
        ["sign_in.user_header", "CLIO_SIGN_IN_USER_HEADER", "user-header"],
        Kind::Text("HEADER"),
        "The header in which a trusted proxy names the person",
        |it| Place::Text(&mut it.sign_in.user_header),
    ),
    Setting::rare(
        ["sign_in.groups_header", "CLIO_SIGN_IN_GROUPS_HEADER", "groups-header"],
        Kind::Text("HEADER"),
        "The header in which it names their groups, with commas between",
        |it| Place::Text(&mut it.sign_in.groups_header),
    ),
    Setting::rare(
        ["sign_in.jwks_url", "CLIO_SIGN_IN_JWKS_URL", "jwks-url"],
        Kind::Text("URL"),
        "Where the provider's keys are, if its own description does not say so",
        |it| Place::MaybeText(&mut it.sign_in.jwks_url),
    ),
    Setting::rare(
        ["sign_in.name_claim", "CLIO_SIGN_IN_NAME_CLAIM", "name-claim"],
        Kind::Text("CLAIM"),
        "The claim of a token that holds a person's name; a token without it is a program's, by its `sub`",
        |it| Place::Text(&mut it.sign_in.name_claim),
    ),
    Setting::rare(
        ["sign_in.groups_claim", "CLIO_SIGN_IN_GROUPS_CLAIM", "groups-claim"],
        Kind::Text("CLAIM"),
        "The claim of a token that holds the groups",
        |it| Place::Text(&mut it.sign_in.groups_claim),
    ),
    Setting::rare(
        ["sign_in.leeway", "CLIO_SIGN_IN_LEEWAY", "leeway"],
        Kind::Time(std::time::Duration::ZERO, std::time::Duration::from_mins(5)),
        "How far the clocks of provider and gateway may be apart",
        |it| Place::Time(&mut it.sign_in.leeway),
    ),
    Setting::rare(
        ["sign_in.queries_per_second", "CLIO_SIGN_IN_QUERIES_PER_SECOND", "queries-per-second"],
        COUNTS_OR_NONE,
        "How many questions a second each may ask whose roles do not say; 0 for as many as they like",
        |it| Place::Count32(&mut it.sign_in.queries_per_second),
    ),
    Setting::rare(
        ["sign_in.queries_at_once", "CLIO_SIGN_IN_QUERIES_AT_ONCE", "queries-at-once"],
        Kind::Count(1, 1_000_000),
        "How many of them may come at once before that holds; opening a page asks some twenty",
        |it| Place::Count32(&mut it.sign_in.queries_at_once),
    ),
];
