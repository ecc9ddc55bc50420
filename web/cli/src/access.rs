//! Access control: builds the configuration of gateway and serving from settings and files, and starts the tasks that
//! reload these files.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use arc_swap::ArcSwap;
use clio_proto::{AuditSink, KeyFile, KeyRing, Roles, Secret};
use clio_serving::Access;
use clio_web::{AccessConfig, ProxyConfig, QueryRate, TokenConfig};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::audit_file::AuditFile;
use crate::settings::{AccessSettings, Settings, SignInSettings, network};
use crate::usage::Usage;
use crate::{clock, key_file, watched};

/// The access configuration of a gateway; `None` if the settings have none.
///
/// # Errors
///
/// Invalid files, and settings that require others.
pub(crate) fn of_gateway(
    settings: &Settings,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<AccessConfig>> {
    let AccessSettings { keys, roles, .. } = &settings.access;
    let tokens = tokens(&settings.sign_in)?;
    let proxies = proxies(&settings.sign_in)?;
    if keys.is_none() && tokens.is_none() && proxies.is_none() {
        return match roles {
            None => Ok(None),
            Some(_) => Err(Usage(
                "`--roles` says what each may see, and nothing says how they sign in; add `--keys`, `--issuer` or \
                 `--trusted-proxies`"
                    .to_owned(),
            )
            .into()),
        };
    }
    if roles.is_some() && settings.access.gateway_token_file.is_none() {
        let message = "`--roles` are for serving to enforce, which believes who asks by a token alone; add `--gateway-token-file`";
        return Err(Usage(message.to_owned()).into());
    }
    let keys = keys.as_deref().map(|file| key_ring(file, tasks, stop)).transpose()?;
    let roles = roles.as_deref().map(|file| live_roles(file, tasks, stop)).transpose()?;
    let per_second = NonZeroU32::new(settings.sign_in.queries_per_second);
    let burst = NonZeroU32::new(settings.sign_in.queries_at_once);
    let queries =
        per_second.map(|per_second| QueryRate { per_second, burst: burst.unwrap_or(per_second) });
    let audit = audit(&settings.access)?;
    Ok(Some(AccessConfig { keys, tokens, proxies, roles, queries, audit, now: clock::now }))
}

/// The access configuration of a replica; `None` if it is open to everybody who reaches it.
///
/// # Errors
///
/// Invalid files, and settings that require others.
pub(crate) fn of_serving(
    settings: &AccessSettings,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Arc<Access>>> {
    let AccessSettings { keys, roles, gateway_token_file, .. } = settings;
    let wrong = |message: &str| Err(Usage(message.to_owned()).into());
    let is_asked = keys.is_some() || gateway_token_file.is_some();
    let Some(roles) = roles else {
        return match is_asked {
            false => Ok(None),
            true => wrong(
                "who asks can be told, and nothing says what they may see; add `--roles` (docs/roles.md)",
            ),
        };
    };
    if !is_asked {
        return wrong(
            "`--roles` says what each may see, and nothing says how they show who they are; add `--keys` for programs, or \
             `--gateway-token-file` for a gateway",
        );
    }
    let mut access = Access::following(live_roles(roles, tasks, stop)?);
    if let Some(file) = gateway_token_file {
        access = access.with_gateway_token(secret(file, "gateway's token")?);
    }
    if let Some(file) = keys {
        access = access.with_keys(key_ring(file, tasks, stop)?);
    }
    if let Some(sink) = audit(settings)? {
        access = access.with_audit(sink);
    }
    Ok(Some(Arc::new(access)))
}

/// The audit log; `None` if there is none.
pub(crate) fn audit(settings: &AccessSettings) -> anyhow::Result<Option<Arc<dyn AuditSink>>> {
    let AccessSettings { audit_log, audit_log_bytes, n_audit_log_files, .. } = settings;
    let Some(path) = audit_log else { return Ok(None) };
    let file = AuditFile::open(path, *audit_log_bytes, *n_audit_log_files);
    let file = file.with_context(|| format!("cannot write the audit log `{}`", path.display()))?;
    Ok(Some(Arc::new(file)))
}

/// The keys of a file, reloaded when it changes.
pub(crate) fn key_ring(
    file: &Path,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<KeyRing> {
    let text = text(file, "keys")?;
    let keys = KeyFile::parse(&text).map_err(|wrong| key_file::WrongFile::new(file, wrong))?;
    let ring = KeyRing::new(keys, clock::now);
    let (own, path, stop) = (ring.clone(), file.to_owned(), stop.clone());
    tasks.spawn(async move {
        watched::follow(path.clone(), text, stop, |text| {
            let read = text.map_err(anyhow::Error::from).and_then(|text| {
                KeyFile::parse(text).map_err(|wrong| key_file::WrongFile::new(&path, wrong).into())
            });
            match read {
                Ok(keys) => {
                    tracing::info!(n_keys = keys.keys().len(), "keys were read again");
                    own.replace(keys);
                }
                Err(error) => {
                    // It is no longer known which of them are revoked.
                    tracing::error!(
                        error = format!("{error:#}"),
                        "no key opens anything: their file does not hold"
                    );
                    own.replace(KeyFile::default());
                }
            }
        })
        .await;
        Ok(())
    });
    Ok(ring)
}

/// The roles of a file, reloaded when it changes. While the file is invalid, the last valid roles apply.
fn live_roles(
    file: &Path,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<Arc<ArcSwap<Roles>>> {
    let name = file.display().to_string();
    let text = text(file, "roles")?;
    let live = Arc::new(ArcSwap::from_pointee(Roles::parse(&name, &text)?));
    let (own, path, stop) = (Arc::clone(&live), file.to_owned(), stop.clone());
    tasks.spawn(async move {
        watched::follow(path, text, stop, |text| {
            let read = text.map_err(anyhow::Error::from);
            match read.and_then(|text| Ok(Roles::parse(&name, text)?)) {
                Ok(roles) => {
                    tracing::info!(n_roles = roles.all().len(), "roles were read again");
                    own.store(Arc::new(roles));
                }
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the roles stay what they were: their file does not hold"
                    );
                }
            }
        })
        .await;
        Ok(())
    });
    Ok(live)
}

/// The secret in a file.
pub(crate) fn secret(file: &Path, what: &str) -> anyhow::Result<Secret> {
    let text = text(file, what)?;
    Secret::of_file(&text).with_context(|| format!("`{}` holds no {what}", file.display()))
}

fn text(file: &Path, what: &str) -> anyhow::Result<String> {
    let read = std::fs::read_to_string(file);
    read.with_context(|| format!("cannot read the {what} `{}`", file.display()))
}

fn tokens(settings: &SignInSettings) -> anyhow::Result<Option<TokenConfig>> {
    let SignInSettings { issuer, audience, jwks_url, name_claim, groups_claim, leeway, .. } =
        settings;
    match (issuer, audience) {
        (Some(issuer), Some(audience)) => Ok(Some(TokenConfig {
            jwks_url: jwks_url.clone(),
            name_claim: name_claim.clone(),
            groups_claim: groups_claim.clone(),
            leeway: *leeway,
            ..TokenConfig::new(issuer, audience)
        })),
        (None, None) if jwks_url.is_none() => Ok(None),
        // Without an audience, tokens for any other service of the company would be accepted.
        _ => Err(Usage("tokens need both `--issuer` and `--audience`".to_owned()).into()),
    }
}

fn proxies(settings: &SignInSettings) -> anyhow::Result<Option<ProxyConfig>> {
    let networks: Vec<_> =
        settings.trusted_proxies.iter().filter_map(|text| network(text)).collect();
    if networks.is_empty() {
        return match settings.proxy_secret_file {
            None => Ok(None),
            Some(_) => Err(Usage(
                "`--proxy-secret-file` is of proxies, and none is trusted; add `--trusted-proxies`"
                    .to_owned(),
            )
            .into()),
        };
    }
    let header = |text: &str| {
        let name = text.to_ascii_lowercase().parse();
        name.map_err(|_| Usage(format!("`{text}` is no name of a header")))
    };
    let secret = settings.proxy_secret_file.as_deref();
    Ok(Some(ProxyConfig {
        secret: secret.map(|file| self::secret(file, "secret of proxies")).transpose()?,
        user_header: header(&settings.user_header)?,
        groups_header: header(&settings.groups_header)?,
        ..ProxyConfig::new(networks)
    }))
}
