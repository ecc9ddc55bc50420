//! Questions to a gateway, one after the other and several at once, and how they were answered.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How many different questions are asked: as many as a page has.
const N_QUESTIONS: usize = 20;

const QUERY: &str =
    "query($query: CubeQuery!) { cube(query: $query) { groupCount rows { keys { value } } } }";

/// How one question ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// When it was asked.
    pub asked: Instant,
    /// How long the answer took.
    pub took: Duration,
    /// Why there is no answer.
    pub failure: Option<String>,
}

/// Several threads that ask until the value is dropped.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    url: String,
    n_asked: AtomicUsize,
    is_over: AtomicBool,
    ended: Mutex<Vec<Ended>>,
}

impl Load {
    /// Begins to ask the gateway at an address. With a pace, each thread begins a question so often, otherwise as soon
    /// as the last one is answered.
    pub fn on(url: &str, n_threads: usize, pace: Option<Duration>) -> Self {
        let shared = Arc::new(Shared {
            url: format!("{url}/graphql"),
            n_asked: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            ended: Mutex::default(),
        });
        let ask = |_| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || ask(&shared, pace))
        };
        Self { threads: (0..n_threads).map(ask).collect(), shared }
    }

    /// How all questions ended that were asked since a time, in the order in which they ended.
    pub fn since(&self, time: Instant) -> Vec<Ended> {
        self.ended().iter().filter(|ended| ended.asked >= time).cloned().collect()
    }

    /// Those that were not answered.
    pub fn failures(&self) -> Vec<String> {
        self.ended().iter().filter_map(|ended| ended.failure.clone()).collect()
    }

    /// Forgets what has ended.
    pub fn clear(&self) {
        self.ended().clear();
    }

    fn ended(&self) -> MutexGuard<'_, Vec<Ended>> {
        self.shared.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The time within which 99 of a hundred were answered; `None` of none.
pub fn p99(ended: &[Ended]) -> Option<Duration> {
    let mut times: Vec<_> = ended.iter().map(|ended| ended.took).collect();
    times.sort_unstable();
    times.get((times.len().saturating_sub(1)) * 99 / 100).copied()
}

fn ask(shared: &Shared, pace: Option<Duration>) {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
    let mut due = Instant::now();
    while !shared.is_over.load(Ordering::Relaxed) {
        if let Some(pace) = pace {
            due += pace;
            while let Some(left) = due.checked_duration_since(Instant::now()) {
                std::thread::park_timeout(left);
            }
        }
        let number = shared.n_asked.fetch_add(1, Ordering::Relaxed) % N_QUESTIONS;
        let query = json!({ "groupBy": ["COUNTRY"], "measures": ["IMPRESSIONS", "VIEWERS"], "first": number + 1 });
        let body = json!({ "query": QUERY, "variables": { "query": query } });
        let asked = Instant::now();
        let answer = agent.post(&shared.url).send_json(&body).map_err(|error| error.to_string());
        let answer = answer.and_then(|mut response| {
            let json: Result<Value, _> = response.body_mut().read_json();
            json.map(|json| (response.status(), json)).map_err(|error| error.to_string())
        });
        let failure = match answer {
            Ok((_, json)) if json["errors"].is_null() && json["data"]["cube"].is_object() => None,
            Ok((status, json)) => Some(format!("{status}: {json}")),
            Err(error) => Some(error),
        };
        let ended = Ended { asked, took: asked.elapsed(), failure };
        shared.ended.lock().unwrap_or_else(PoisonError::into_inner).push(ended);
    }
}
