//! A clean stop: on the first interrupt or termination signal, every part finishes what it has
//! begun.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by Ctrl+C or SIGTERM. The listener belongs to `tasks`.
pub(crate) fn stop_token(tasks: &mut JoinSet<anyhow::Result<()>>) -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tasks.spawn(async move {
        tokio::select! {
            result = interrupted() => result?,
            () = cancelled.cancelled() => {}
        }
        cancelled.cancel();
        Ok(())
    });
    token
}

#[cfg(unix)]
async fn interrupted() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn interrupted() -> anyhow::Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}

/// Waits for every task. The first failure stops the others, and is the result.
pub(crate) async fn join_all(
    mut tasks: JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let mut outcome = Ok(());
    while let Some(finished) = tasks.join_next().await {
        let result = finished.unwrap_or_else(|panic| Err(panic.into()));
        if outcome.is_ok() {
            outcome = result;
        }
        // Whichever part ends first, normally or with an error, the whole process ends.
        stop.cancel();
    }
    outcome
}
