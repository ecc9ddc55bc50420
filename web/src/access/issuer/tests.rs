//! When the keys of an identity provider are fetched, and how long they stay valid.

use serde_json::json;

use super::*;
use crate::testing::provider::{Provider, now};

async fn name(issuer: &Issuer, token: &str) -> Result<String, ServiceError> {
    Ok(issuer.verify(token, now()).await?.principal.to_string())
}

fn issuer(provider: &Provider) -> Issuer {
    Issuer::new(TokenConfig::new(&provider.issuer, "clio")).unwrap()
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_when_the_provider_changes_them() {
    let provider = Provider::start().await;
    let mut issuer = issuer(&provider);
    let first = provider.token(&json!({}));
    for _ in 0..5 {
        assert_eq!(name(&issuer, &first).await.unwrap(), "user:ann@example.com");
    }
    assert_eq!(provider.n_asked(), 1);
    provider.rotate("second");
    let second = provider.token(&json!({}));
    // The last fetch was a moment ago.
    assert!(name(&issuer, &second).await.is_err());
    assert_eq!(provider.n_asked(), 1);
    issuer.pace.pause = Duration::ZERO;
    assert!(name(&issuer, &second).await.is_ok());
    assert_eq!(provider.n_asked(), 2);
    let old = name(&issuer, &first).await.unwrap_err();
    assert_eq!(old.code, Code::Unauthenticated, "the old key went: {old}");
}

#[tokio::test]
async fn tokens_of_made_up_keys_cost_the_provider_one_request() {
    let (provider, other) = (Provider::start().await, Provider::start().await);
    let issuer = issuer(&provider);
    issuer.warm().await;
    for n in 0..20 {
        other.rotate(&format!("made-up-{n}"));
        let token = other.token(&json!({ "iss": provider.issuer }));
        let error = name(&issuer, &token).await.unwrap_err();
        assert_eq!(error.code, Code::Unauthenticated);
    }
    assert_eq!((provider.n_asked(), other.n_asked()), (1, 0));
}

#[tokio::test]
async fn while_the_provider_is_away_its_keys_hold_on_for_a_day() {
    let provider = Provider::start().await;
    let mut issuer = issuer(&provider);
    let token = provider.token(&json!({}));
    provider.go_away(true);
    let error = name(&issuer, &token).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable, "{error}");
    assert!(!error.message.contains("127.0.0.1"), "{error}");
    provider.go_away(false);
    assert_eq!(name(&issuer, &token).await.unwrap_err().code, Code::Unavailable, "it pauses");
    issuer.pace.pause = Duration::ZERO;
    assert!(name(&issuer, &token).await.is_ok());
    provider.go_away(true);
    // As if ten minutes had passed, and then a day.
    issuer.pace.fresh = Duration::ZERO;
    assert!(name(&issuer, &token).await.is_ok());
    assert_eq!(provider.n_asked(), 3, "it was asked again");
    issuer.pace.stale = Duration::ZERO;
    assert_eq!(name(&issuer, &token).await.unwrap_err().code, Code::Unavailable);
}

#[tokio::test]
async fn a_provider_that_names_another_is_none() {
    let provider = Provider::start().await;
    // Under another name, which differs from the one in its description.
    let port = provider.issuer.rsplit_once(':').unwrap().1.to_owned();
    let issuer = Issuer::new(TokenConfig::new(format!("http://localhost:{port}"), "clio")).unwrap();
    let token = provider.token(&json!({ "iss": format!("http://localhost:{port}") }));
    assert_eq!(name(&issuer, &token).await.unwrap_err().code, Code::Unavailable);
    assert_eq!(provider.n_asked(), 0);
}

#[test]
fn keys_are_asked_for_over_https_but_on_this_machine() {
    for (address, is_fine) in [
        ("https://id.example.com/realms/main", true),
        ("http://127.0.0.1:9000", true),
        ("http://localhost:9000", true),
        ("http://[::1]:9000", true),
        ("http://id.example.com", false),
        ("http://10.0.0.1", false),
        ("ftp://id.example.com", false),
        ("id.example.com", false),
        ("", false),
    ] {
        let made = Issuer::new(TokenConfig::new(address, "clio"));
        assert_eq!(made.is_ok(), is_fine, "{address}");
    }
}
