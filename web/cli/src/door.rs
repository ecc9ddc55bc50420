//! What a serving command checks before it listens: who may reach it, and how many at once.

use std::net::SocketAddr;

use crate::terminal::tell;
use crate::usage::Usage;

/// Whether those who come are asked who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    None,
    SignIn,
}

/// Refuses an address that other machines can reach, unless those who come there sign in, or it is intended.
///
/// # Errors
///
/// The refusal, with the mend.
pub(crate) fn check(
    flag: &str,
    address: SocketAddr,
    guard: Guard,
    is_insecure: bool,
) -> anyhow::Result<()> {
    if clio_web::is_loopback(address.ip()) || guard == Guard::SignIn {
        return Ok(());
    }
    if !is_insecure {
        let port = address.port();
        return Err(Usage(format!(
            "`{flag} {address}` can be reached by others, and whoever reaches it can read \
             everything, since nobody has to sign in; use `{flag} 127.0.0.1:{port}`, set up access \
             (docs/access.md), or add `--insecure` where that is meant"
        ))
        .into());
    }
    tell!("warning: insecure: whoever reaches {address} can read everything");
    Ok(())
}

/// Warns if a secret travels in clear text to another machine.
pub(crate) fn warn_of_secret_in_clear_text(replica: &str) {
    let Some(host) = replica.strip_prefix("http://") else { return };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let is_here = name == "localhost" || name.parse().is_ok_and(clio_web::is_loopback);
    if !is_here {
        tell!(
            "warning: the gateway's token travels to `{replica}` in clear text; use `https://` (docs/operating.md)"
        );
    }
}

/// Raises the limit of open files to the maximum that the system allows: the usual 1,024 are fewer
/// than the connections that may be open at once.
pub(crate) fn raise_file_handles() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if current == maximum {
            return;
        }
        match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
            Ok(()) => tracing::debug!(?current, ?maximum, "raised the limit of open files"),
            Err(error) => tracing::warn!(%error, ?current, "cannot raise the limit of open files"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_to_everybody_is_opened_only_where_that_is_meant() {
        for (address, is_open) in [
            ("127.0.0.1:8080", false),
            ("[::1]:8080", false),
            ("[::ffff:127.0.0.1]:8080", false),
            ("0.0.0.0:8080", true),
            ("[::]:8080", true),
            ("192.168.1.2:8080", true),
        ] {
            let address = address.parse().unwrap();
            let refused = check("--http", address, Guard::None, false);
            assert_eq!(refused.is_err(), is_open, "{address}");
            if let Err(error) = refused {
                assert!(error.to_string().contains("--insecure"), "{error}");
            }
            assert!(check("--http", address, Guard::None, true).is_ok());
            assert!(check("--http", address, Guard::SignIn, false).is_ok());
        }
    }
}
