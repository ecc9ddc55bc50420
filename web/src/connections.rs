//! Connections: how many there are, whose they are, and how long each may keep us waiting.
//!
//! A connection that sends no complete head, requests nothing, or reads nothing of its answer is closed:
//!
//! ```text
//! opened ──10 s without a request──▶ closed        kept open ──75 s without a request──▶ closed
//! answering ──60 s in which the client reads nothing of the answer──▶ closed
//! ```
//!
//! With TLS, a connection counts from its handshake on, which has to end within the time for a head.
//!
//! If all places are taken, overall or those of a client, a new connection replaces the one that has been idle
//! for longest: first those that never sent a complete request, then those that are kept open. A connection
//! that is being answered is never closed for another.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::clients::{Client, Ends, Shares};
use crate::config::GatewayLimits;
use crate::gateway::Gateway;

/// The largest head of a request, and the most of an answer buffered in a connection.
const BUFFER_BYTES: usize = 128 << 10;
/// The most bytes of all headers of an HTTP/2 request.
const HEADER_LIST_BYTES: u32 = 64 << 10;
/// How often an HTTP/2 connection is pinged, and how long its peer may take to answer.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));
/// The wait after a connection could not be accepted for lack of file handles.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Serves connections until the gateway stops, then lets open answers complete.
pub(crate) async fn serve(gateway: &Arc<Gateway>, listener: TcpListener, router: Router) {
    let limits = &gateway.config.limits;
    let room = Arc::new(Semaphore::new(limits.max_connections));
    let shares = Shares::new(limits.max_connections_per_client);
    let quiet = Arc::new(Quiet::default());
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = gateway.stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        while open.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Often the peer has already gone; otherwise handles are exhausted, and waiting helps.
                gateway.reports.warn("no connection could be accepted", &error.to_string());
                sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let client = Client::new(peer.ip());
        let share = match shares.take(client) {
            Some(share) => Some(share),
            None if quiet.make_room(Some(client)).await => shares.take(client),
            None => None,
        };
        let Some(share) = share else {
            gateway.reports.warn("a connection was refused", "its client has too many");
            continue;
        };
        let Some(place) = quiet.place(&room).await else {
            gateway.reports.warn("a connection was refused", "too many are being answered");
            continue;
        };
        let Ok(local) = stream.local_addr() else { continue };
        let ends = Ends { client, peer: peer.ip(), local: local.ip() };
        let (gateway, router) = (Arc::clone(gateway), router.clone());
        let (id, activity, closed) = quiet.enter(client);
        let quiet = Arc::clone(&quiet);
        open.spawn(async move {
            let talk = talk(stream, ends, &gateway, router, &activity);
            if closed.run_until_cancelled(talk).await.is_none() {
                let why = "another needed its place, and it was silent for longest";
                gateway.reports.warn("a connection was closed", why);
            }
            drop((place, share));
            quiet.leave(id);
        });
    }
    drop(listener);
    let all_ended = async { while open.join_next().await.is_some() {} };
    if timeout(limits.drain_timeout, all_ended).await.is_err() {
        tracing::warn!("stopped with requests still open");
    }
}

/// Serves one connection until it ends.
async fn talk(
    stream: TcpStream,
    ends: Ends,
    gateway: &Gateway,
    router: Router,
    activity: &Arc<Activity>,
) {
    // Answers are small and awaited: they must not be delayed for more data to send.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let limits = &gateway.config.limits;
    let stream = match &gateway.config.tls {
        None => Either::Left(stream),
        // As long as for the head of a request, which may come only afterwards.
        Some(tls) => match timeout(limits.header_timeout, tls.accept(stream)).await {
            Ok(Ok(agreed)) => Either::Right(agreed),
            // Probes, scanners, and browsers that do not believe a certificate do this all day.
            Ok(Err(error)) => return tracing::debug!(%error, "no agreement on TLS"),
            Err(_) => return tracing::debug!("a TLS handshake took too long"),
        },
    };
    let answered = Arc::clone(activity);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ends);
        let asked = Asked::new(&answered);
        let body = |body| Body::new(Arriving::new(body, &answered));
        let answer = router.clone().oneshot(request.map(body));
        async move {
            let answer = answer.await?;
            Ok::<_, Infallible>(answer.map(|body| Taken { body, asked }))
        }
    });
    let builder = builder(limits);
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut is_stopping = false;
    loop {
        let due = activity.due(limits);
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error, "a connection broke");
                }
                return;
            }
            () = gateway.stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep_until(due) => {
                if activity.due(limits) <= Instant::now() {
                    tracing::debug!("closed a connection that kept us waiting");
                    return;
                }
            }
        }
    }
}

fn builder(limits: &GatewayLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Counted from the first byte of a head, for the whole head.
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .max_concurrent_streams(limits.max_streams)
        .max_header_list_size(HEADER_LIST_BYTES)
        .max_send_buf_size(BUFFER_BYTES);
    builder
}

/// The state of a connection, which decides how long it may stay in it.
#[derive(Debug)]
struct Activity(Mutex<Doing>);

#[derive(Debug, Clone, Copy)]
struct Doing {
    has_asked: bool,
    n_answering: usize,
    /// Requests whose bodies are incomplete, among those being answered.
    n_arriving: usize,
    /// When a request last began or ended, or a part of an answer was read.
    last: Instant,
}

impl Activity {
    fn new() -> Arc<Self> {
        let doing = Doing { has_asked: false, n_answering: 0, n_arriving: 0, last: Instant::now() };
        Arc::new(Self(Mutex::new(doing)))
    }

    fn note(&self, change: impl FnOnce(&mut Doing)) {
        let mut doing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut doing);
        doing.last = Instant::now();
    }

    /// Since when it has been idle; connections that never sent a complete request sort first. `None` while an
    /// answer is under way.
    fn silence(&self) -> Option<(bool, Instant)> {
        let doing = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = doing.has_asked && doing.n_arriving == 0;
        (doing.n_answering == doing.n_arriving).then_some((is_open, doing.last))
    }

    /// When it will have kept us waiting for too long, if nothing happens.
    fn due(&self, limits: &GatewayLimits) -> Instant {
        let doing = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doing.last
            + match doing {
                Doing { n_answering: 1.., .. } => limits.answer_timeout,
                Doing { has_asked: true, .. } => limits.idle_timeout,
                _ => limits.header_timeout,
            }
    }
}

/// The open connections, to find the one to close.
#[derive(Debug, Default)]
struct Quiet(Mutex<BTreeMap<u64, Open>>);

#[derive(Debug)]
struct Open {
    client: Client,
    activity: Arc<Activity>,
    /// Signals that another connection replaces it.
    closed: CancellationToken,
    /// Signals that it has ended.
    ended: CancellationToken,
}

impl Quiet {
    /// A place for one more connection, if necessary that of another one.
    async fn place(&self, room: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(room).try_acquire_owned() {
            return Some(place);
        }
        self.make_room(None).await;
        Arc::clone(room).try_acquire_owned().ok()
    }

    /// Closes the connection that has been idle for longest, of one client or of all; returns whether there was
    /// one.
    async fn make_room(&self, client: Option<Client>) -> bool {
        let Some(ended) = self.close_longest(client) else { return false };
        // It has nothing to complete, so it ends as soon as its task runs.
        ended.cancelled().await;
        true
    }

    fn close_longest(&self, client: Option<Client>) -> Option<CancellationToken> {
        let open = self.lock();
        let silent = open
            .values()
            .filter(|one| client.is_none_or(|client| one.client == client))
            .filter(|one| !one.closed.is_cancelled())
            .filter_map(|one| Some((one.activity.silence()?, one)));
        let (_, longest) = silent.min_by_key(|(silence, _)| *silence)?;
        longest.closed.cancel();
        Some(longest.ended.clone())
    }

    fn enter(&self, client: Client) -> (u64, Arc<Activity>, CancellationToken) {
        let mut open = self.lock();
        let id = open.last_key_value().map_or(0, |(last, _)| last + 1);
        let (activity, closed) = (Activity::new(), CancellationToken::new());
        let ended = CancellationToken::new();
        let entered =
            Open { client, activity: Arc::clone(&activity), closed: closed.clone(), ended };
        open.insert(id, entered);
        (id, activity, closed)
    }

    fn leave(&self, id: u64) {
        if let Some(left) = self.lock().remove(&id) {
            left.ended.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, from its head to the end of its answer.
#[derive(Debug)]
struct Asked(Arc<Activity>);

impl Asked {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.note(|doing| {
            doing.has_asked = true;
            doing.n_answering += 1;
        });
        Self(Arc::clone(activity))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.note(|doing| doing.n_answering -= 1);
    }
}

/// The body of a request, until it is complete.
struct Arriving {
    body: Incoming,
    activity: Option<Arc<Activity>>,
}

impl Arriving {
    fn new(body: Incoming, activity: &Arc<Activity>) -> Self {
        let activity = (!body.is_end_stream()).then(|| {
            activity.note(|doing| doing.n_arriving += 1);
            Arc::clone(activity)
        });
        Self { body, activity }
    }

    fn end(&mut self) {
        if let Some(activity) = self.activity.take() {
            activity.note(|doing| doing.n_arriving -= 1);
        }
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.end();
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) || self.body.is_end_stream() {
            self.end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that reports when parts of it are read.
struct Taken {
    body: Body,
    asked: Asked,
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.asked.0.note(|_| {});
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
