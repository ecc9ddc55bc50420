//! The claims of a verified token: its audience, its expiry and its principal.

use clio_proto::{Code, Principal, PrincipalKind, ServiceError};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::config::TokenConfig;

/// Claims about the token itself rather than its principal.
const OF_THE_TOKEN: [&str; 13] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "nonce",
    "at_hash",
    "c_hash",
    "auth_time",
    "azp",
    "sid",
    "session_state",
];
/// The maximum size of a claim's value that roles can name.
const MAX_VALUE_BYTES: usize = 256;

/// The relevant claims of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) principal: Principal,
    /// When it expires, including the leeway.
    pub(super) until: Timestamp,
}

impl Claims {
    /// Reads the claims of a token with a verified signature.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`]: it has another issuer or audience, has expired, is not valid yet, or names nobody.
    pub(super) fn of(
        config: &TokenConfig,
        said: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Self, ServiceError> {
        let refused = |why: &str| {
            let message = format!("the token does not hold: {why}; sign in again");
            Err(ServiceError::new(Code::Unauthenticated, message))
        };
        if said.get("iss").and_then(Value::as_str) != Some(config.issuer.as_str()) {
            return refused("it is of another issuer");
        }
        let is_ours = |value: &Value| value.as_str() == Some(config.audience.as_str());
        let is_for_us = match said.get("aud") {
            Some(Value::Array(all)) => all.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        };
        if !is_for_us {
            return refused("it is for another audience");
        }
        let leeway = SignedDuration::try_from(config.leeway).unwrap_or(SignedDuration::ZERO);
        let Some(until) = time(said, "exp").and_then(|end| end.checked_add(leeway).ok()) else {
            return refused("it says not when it ends");
        };
        if now >= until {
            return refused("it has run out");
        }
        let begin = match said.get("nbf") {
            None => Timestamp::MIN,
            Some(_) => match time(said, "nbf") {
                Some(begin) => begin,
                None => return refused("when it begins cannot be read"),
            },
        };
        if now.checked_add(leeway).unwrap_or(Timestamp::MAX) < begin {
            return refused("it has not begun");
        }
        let named = text(said, &config.name_claim);
        if config.name_claim == "email" && said.get("email_verified") == Some(&Value::Bool(false)) {
            return refused("its e-mail address is not verified");
        }
        let (kind, name) = match (named, text(said, "sub")) {
            (Some(name), _) => (PrincipalKind::User, name),
            (None, Some(subject)) => (PrincipalKind::Service, subject),
            (None, None) => return refused("it names nobody"),
        };
        let mut principal = Principal::new(kind, name);
        principal.groups = said.get(&config.groups_claim).map(texts).unwrap_or_default();
        let others = said.iter().filter(|(claim, _)| {
            !OF_THE_TOKEN.contains(&claim.as_str()) && **claim != config.groups_claim
        });
        for (claim, value) in others {
            let values = texts(value);
            if !values.is_empty() {
                principal.claims.insert(claim.clone(), values);
            }
        }
        Ok(Self { principal, until })
    }
}

/// A time in seconds, whole or not.
fn time(said: &Map<String, Value>, claim: &str) -> Option<Timestamp> {
    let value = said.get(claim)?;
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let seconds = SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?;
    Timestamp::from_duration(seconds).ok()
}

fn text(said: &Map<String, Value>, claim: &str) -> Option<String> {
    let text = said.get(claim)?.as_str()?;
    (1..=MAX_VALUE_BYTES).contains(&text.len()).then(|| text.to_owned())
}

/// The values of a claim that roles can name: texts, numbers and booleans.
fn texts(value: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) if text.len() <= MAX_VALUE_BYTES => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(all) => all.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_000_000).unwrap()
    }

    fn config() -> TokenConfig {
        TokenConfig::new("https://id.example.com", "clio")
    }

    /// The claims of a valid token, with some changed.
    fn read(changed: &Value) -> Result<Claims, ServiceError> {
        let mut said = json!({
            "iss": "https://id.example.com", "aud": "clio", "exp": 1_000_060, "sub": "7",
            "email": "ann@example.com", "groups": ["analysts", "kr"], "department": "media",
        });
        let said = said.as_object_mut().unwrap();
        for (claim, value) in changed.as_object().unwrap() {
            if value.is_null() {
                said.remove(claim)
            } else {
                said.insert(claim.clone(), value.clone())
            };
        }
        Claims::of(&config(), said, now())
    }

    fn refusal(changed: &Value) -> String {
        let error = read(changed).unwrap_err();
        assert_eq!(error.code, Code::Unauthenticated);
        error.message
    }

    #[test]
    fn a_token_names_a_person_with_groups_and_claims() {
        let Claims { principal, until } = read(&json!({ "aud": ["other", "clio"] })).unwrap();
        assert_eq!(principal.to_string(), "user:ann@example.com");
        assert_eq!(principal.groups, ["analysts", "kr"]);
        assert_eq!(principal.claims["department"], ["media"]);
        assert_eq!(principal.claims["sub"], ["7"]);
        assert!(
            ["iss", "aud", "exp", "groups"].iter().all(|own| !principal.claims.contains_key(*own))
        );
        assert_eq!(until.as_second(), 1_000_090, "thirty seconds of leeway");
        // A program's token has no e-mail address.
        let program = read(&json!({ "email": null, "groups": "ops" })).unwrap().principal;
        assert_eq!(
            (program.to_string(), program.groups),
            ("service:7".to_owned(), vec!["ops".to_owned()])
        );
    }

    #[test]
    fn each_way_not_to_hold_is_refused() {
        for (changed, why) in [
            (json!({ "iss": "https://evil.example.com" }), "another issuer"),
            (json!({ "iss": "https://id.example.com/" }), "another issuer"),
            (json!({ "iss": null }), "another issuer"),
            (json!({ "aud": "other" }), "another audience"),
            (json!({ "aud": ["clio2", "cli"] }), "another audience"),
            (json!({ "aud": null }), "another audience"),
            (json!({ "exp": null }), "not when it ends"),
            (json!({ "exp": "1000060" }), "not when it ends"),
            (json!({ "exp": 999_970 }), "run out"),
            (json!({ "exp": -1 }), "run out"),
            (json!({ "nbf": 1_000_031 }), "not begun"),
            (json!({ "nbf": "now" }), "cannot be read"),
            (json!({ "email_verified": false }), "not verified"),
            (json!({ "email": null, "sub": null }), "names nobody"),
            (json!({ "email": "", "sub": "" }), "names nobody"),
        ] {
            let said = refusal(&changed);
            assert!(said.contains(why), "{changed}: {said}");
        }
        for changed in [
            json!({ "exp": 999_971 }),
            json!({ "exp": 1_000_000.5 }),
            json!({ "nbf": 1_000_030 }),
            json!({ "email_verified": true }),
        ] {
            assert!(read(&changed).is_ok(), "{changed}");
        }
    }
}
