//! One question: which replicas it is sent to, one after the other, until one has answered.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use prost::Message;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::failure::{Failure, error_from, one_of};
use super::fleet::Fleet;
use super::harmless::Question;
use super::replica::{Client, Counts, Replica};
use super::same_part::of_refusal;
use crate::calls::CallKind;
use crate::error::{Code, ServiceError};

/// The most replicas that a question is sent to which have not answered it: if it breaks what computes it, then no more
/// than these.
const MOST_UNANSWERED: usize = 2;
/// How much longer than expected elsewhere a call may take before the question is asked there too.
const PATIENCE: f64 = 10.0;
/// The least that a call may take before that.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);

/// What is known of a question before it is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) kind: CallKind,
    /// The version of the snapshot that it is about, if it names one.
    pub(super) snapshot: Option<u64>,
    /// The digest of who asks.
    pub(super) who: u64,
}

/// How one try ended.
enum Ended<T> {
    Answered(T, Arc<Replica>),
    /// The replica did not look at the question.
    Elsewhere(ServiceError),
    /// The replica may be lost by this question.
    Unanswered(ServiceError),
    /// No other replica would say anything else.
    Final(ServiceError),
}

/// Sends a question to replica after replica until one answers; returns the answer with the replica that gave it.
pub(super) async fn ask<M, T, F>(
    fleet: &Fleet,
    metadata: &MetadataMap,
    asked: Asked,
    message: M,
    call: impl Fn(Client, Request<M>) -> F,
) -> Result<(T, Arc<Replica>), ServiceError>
where
    M: Message + Clone,
    F: Future<Output = Result<Response<T>, Status>>,
{
    let question = Question::new(asked.kind.as_str(), asked.who, &message.encode_to_vec());
    let began = Instant::now();
    let deadline = began + fleet.request_timeout;
    fleet.budget.add();
    let (mut tried, mut failures, mut n_unanswered) = (Vec::new(), Vec::new(), 0);
    let (mut may_hedge, mut last_began) = (true, began);
    let mut running = FuturesUnordered::new();
    let start = |place: usize| {
        let replica = &fleet.replicas[place];
        let mut request = Request::new(message.clone());
        *request.metadata_mut() = metadata.clone();
        let left = deadline.saturating_duration_since(Instant::now());
        // Serving gets the deadline too, so that it stops when nobody is waiting.
        request.set_timeout(left);
        let call = call(replica.client(), request);
        attempt(fleet, Arc::clone(replica), question, asked, deadline, call)
    };
    loop {
        if running.is_empty() {
            let next = fleet.choose(&tried, asked.snapshot, question);
            let Some(place) = next.filter(|_| tried.is_empty() || fleet.retry()) else {
                let is_none = failures.is_empty();
                return Err(if is_none { fleet.why_none() } else { one_of(failures) });
            };
            tried.push(place);
            running.push(start(place));
            last_began = Instant::now();
        }
        // Not before the replica has had its time, and early enough for a second one.
        may_hedge &= n_unanswered + running.len() < MOST_UNANSWERED;
        let elsewhere = if may_hedge { fleet.patience_elsewhere(&tried) } else { None };
        let patience = elsewhere.map(|latency| {
            let patience = Duration::from_secs_f64((latency * PATIENCE).min(3_600.0));
            patience.max(LEAST_PATIENCE).min(fleet.request_timeout / 2)
        });
        let hedge_at = patience.map_or(deadline, |patience| last_began + patience);
        tokio::select! {
            biased;
            Some(ended) = running.next() => match ended {
                Ended::Answered(answer, replica) => {
                    if asked.kind.is_heavy() {
                        fleet.harmless.add(question.of(replica.snapshot()));
                    }
                    return Ok((answer, replica));
                }
                Ended::Final(error) => return Err(error),
                Ended::Elsewhere(error) => failures.push(error),
                Ended::Unanswered(error) => {
                    n_unanswered += 1;
                    failures.push(error);
                    if n_unanswered >= MOST_UNANSWERED && running.is_empty() {
                        return Err(one_of(failures));
                    }
                }
            },
            () = sleep_until(hedge_at), if patience.is_some() => {
                may_hedge = false;
                let next = fleet.choose(&tried, asked.snapshot, question);
                if let Some(place) = next.filter(|_| fleet.retry()) {
                    tried.push(place);
                    running.push(start(place));
                }
            }
        }
    }
}

/// One try at one replica, with all that is learned from it.
async fn attempt<T>(
    fleet: &Fleet,
    replica: Arc<Replica>,
    question: Question,
    asked: Asked,
    deadline: Instant,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Ended<T> {
    let own = Arc::clone(&replica);
    Counts::add(&own.counts.calls);
    own.breaker.begin();
    let pending = own.load.begin();
    let began = pending.began;
    let mut call = std::pin::pin!(timeout_at(deadline, call));
    let ended = loop {
        let loss = own.loss();
        tokio::select! {
            biased;
            ended = &mut call => break ended,
            () = loss => {}
        }
        // It stopped answering. Where nobody else can be asked, it may still recover.
        let place = fleet.replicas.iter().position(|other| Arc::ptr_eq(other, &own));
        if place.is_some_and(|place| fleet.patience_elsewhere(&[place]).is_some()) {
            Counts::add(&own.counts.failures);
            let message = format!("serving at {} stopped answering", own.address);
            return Ended::Unanswered(ServiceError::new(Code::Unavailable, message));
        }
    };
    let metadata = match &ended {
        Ok(Ok(response)) => Some(response.metadata()),
        Ok(Err(status)) if matches!(Failure::of(status), Failure::TimedOut) => None,
        Ok(Err(status)) => of_refusal(status),
        Err(_) => None,
    };
    if let Some(why) = metadata.and_then(|said| fleet.same_part.refuses(&own.address, said)) {
        own.breaker.failed();
        Counts::add(&own.counts.failures);
        return Ended::Elsewhere(ServiceError::new(Code::Unavailable, why));
    }
    let status = match ended {
        Ok(Ok(response)) => {
            own.breaker.succeeded();
            own.heard(began);
            return Ended::Answered(response.into_inner(), replica);
        }
        Ok(Err(status)) => status,
        Err(_) => {
            own.breaker.failed();
            Counts::add(&own.counts.failures);
            return Ended::Final(too_slow(fleet, &own.address));
        }
    };
    let error = error_from(&own.address, &status, fleet.answer_bytes);
    let failure = Failure::of(&status);
    match failure {
        Failure::Answered => {
            own.breaker.succeeded();
            own.heard(began);
        }
        Failure::Refused if error.retry_after.is_some() => own.heard(began),
        Failure::Refused | Failure::Unreached | Failure::Broken | Failure::TimedOut => {
            own.breaker.failed();
            Counts::add(&own.counts.failures);
        }
    }
    match failure {
        Failure::TimedOut => Ended::Final(too_slow(fleet, &own.address)),
        Failure::Unreached => Ended::Elsewhere(error),
        Failure::Refused => {
            if let Some(wait) = error.retry_after {
                Counts::add(&own.counts.sheds);
                own.load.refused();
                own.breaker.refused(wait);
            }
            Ended::Elsewhere(error)
        }
        Failure::Broken => {
            let is_harmless = fleet.harmless.has(question.of(own.snapshot()));
            let may_be_handed_on = !asked.kind.is_heavy() || is_harmless;
            if may_be_handed_on { Ended::Unanswered(error) } else { Ended::Final(error) }
        }
        // Another replica may hold what this one does not.
        Failure::Answered if error.code == Code::NotFound && asked.snapshot.is_some() => {
            Ended::Elsewhere(error)
        }
        Failure::Answered => Ended::Final(error),
    }
}

fn too_slow(fleet: &Fleet, address: &str) -> ServiceError {
    let message = format!(
        "serving at {address} did not answer within {:?}; ask for fewer days or groups, or \
         allow it more time",
        fleet.request_timeout
    );
    ServiceError::new(Code::DeadlineExceeded, message)
}
