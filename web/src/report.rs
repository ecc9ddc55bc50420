//! Internal failures: in full in the log under a number, in general terms to callers, who can pass that
//! number on to the operator. Repeated reports are counted instead of being written again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clio_proto::{Code, RefusedSnapshot, ServiceError, ServingState, ServingStatus, Shortened};
use tokio::time::Instant;

/// How long equal reports are only counted after one was written.
const QUIET: Duration = Duration::from_secs(10);
/// The most distinct reports within that time; further ones are only counted. Reports that differ each
/// time, for instance by the peer's port, must not fill the disk either.
const MOST: usize = 32;
/// The most bytes written of one report.
const LONGEST: usize = 4096;

/// The recent reports.
#[derive(Debug, Default)]
pub(crate) struct Reports(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    /// By the report's text.
    said: BTreeMap<String, Said>,
    n_ids: u64,
    /// The number of reports that were neither written nor remembered.
    n_lost: u64,
    lost_since: Option<Instant>,
}

#[derive(Debug)]
struct Said {
    id: u64,
    at: Instant,
    n_again: u64,
}

impl Reports {
    /// Logs a warning about something that may happen very often.
    pub(crate) fn warn(&self, what: &'static str, why: &str) {
        if let Some((id, n_again)) = self.note(&format!("{what}: {why}")).written() {
            let why = tail(why);
            tracing::warn!(id, n_again, why, "{what}");
        }
    }

    /// Logs an error of ours, and returns what to say of it outside.
    pub(crate) fn error(&self, what: &'static str, why: &str) -> String {
        let noted = self.note(&format!("{what}: {why}"));
        if let Some((id, n_again)) = noted.written() {
            let why = tail(why);
            tracing::error!(id, n_again, why, "{what}");
        }
        noted.reference()
    }

    fn note(&self, text: &str) -> Noted {
        let now = Instant::now();
        let mut recent = self.lock();
        if let Some(said) = recent.said.get_mut(text) {
            let is_due = now.duration_since(said.at) >= QUIET;
            let n_again = if is_due { std::mem::take(&mut said.n_again) } else { 0 };
            if is_due {
                said.at = now;
            } else {
                said.n_again += 1;
            }
            return Noted { id: Some(said.id), is_written: is_due, n_again };
        }
        recent.said.retain(|_, said| now.duration_since(said.at) < QUIET);
        if recent.said.len() >= MOST {
            recent.n_lost += 1;
            let since = *recent.lost_since.get_or_insert(now);
            if now.duration_since(since) >= QUIET {
                let n_lost = std::mem::take(&mut recent.n_lost);
                recent.lost_since = None;
                tracing::warn!(n_lost, "reports were left out: there are too many different ones");
            }
            return Noted { id: None, is_written: false, n_again: 0 };
        }
        recent.n_ids += 1;
        let id = recent.n_ids;
        recent.said.insert(text.to_owned(), Said { id, at: now, n_again: 0 });
        Noted { id: Some(id), is_written: true, n_again: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error of serving in the form shown outside: what the caller can fix, in full; what is
    /// internal, in general terms.
    pub(crate) fn outward(&self, error: ServiceError) -> ServiceError {
        if error.retry_after.is_some() {
            self.warn("serving is overloaded", &error.message);
            let message = "serving has too much to do at the moment; try again in a few seconds";
            return ServiceError { message: message.to_owned(), ..error };
        }
        let (what, words) = match error.code {
            Code::Unavailable => {
                ("serving did not answer", "serving does not answer at the moment; try again later")
            }
            Code::Internal => ("serving failed", "serving failed to answer"),
            Code::DeadlineExceeded => {
                let words = "serving took too long to answer; ask for fewer days or groups";
                ("serving took too long", words)
            }
            // Whoever asks a gateway is signed in there: what serving misses is the gateway's own word.
            Code::Unauthenticated => {
                let words =
                    "serving does not know this gateway; whoever runs both gives them one token";
                ("serving does not know the gateway", words)
            }
            Code::InvalidArgument
            | Code::NotFound
            | Code::PermissionDenied
            | Code::ResourceExhausted => return error,
        };
        let reference = self.error(what, &error.message);
        ServiceError::new(error.code, format!("{words} ({reference})"))
    }

    /// A status in the form shown outside.
    pub(crate) fn outward_status(&self, status: ServingStatus) -> ServingStatus {
        let message = status.message.map(|message| {
            let (what, words) = match status.state {
                ServingState::Serving => ("serving says", "serving has something to say"),
                ServingState::Stale => (
                    "serving is stale",
                    "a newer snapshot was refused, or the lake does not answer",
                ),
                ServingState::Down => {
                    ("serving is down", "serving does not answer, or has no snapshot yet")
                }
            };
            format!("{words} ({})", self.error(what, &message))
        });
        let refused = status.refused.map(|refused| self.outward_refusal(refused));
        ServingStatus { message, refused, ..status }
    }

    /// A refused version in the form shown outside: which one and when, and the reason in general
    /// terms.
    pub(crate) fn outward_refusal(&self, refused: RefusedSnapshot) -> RefusedSnapshot {
        let RefusedSnapshot { id, committed_at, reason, is_marked_bad } = refused;
        if is_marked_bad {
            // What people say to each other is meant for everyone.
            return RefusedSnapshot { id, committed_at, reason, is_marked_bad };
        }
        let why = format!("snapshot {id}: {reason}");
        let reference = self.error("serving refuses a snapshot", &why);
        let reason = format!(
            "what it says of itself, or what it holds, is damaged or of a newer version ({reference})"
        );
        RefusedSnapshot { id, committed_at, reason, is_marked_bad }
    }
}

/// The result of noting a report.
struct Noted {
    id: Option<u64>,
    is_written: bool,
    n_again: u64,
}

impl Noted {
    fn written(&self) -> Option<(u64, u64)> {
        self.id.filter(|_| self.is_written).map(|id| (id, self.n_again))
    }

    fn reference(&self) -> String {
        match self.id {
            Some(id) => format!("error {id} in the gateway's log"),
            None => "see the gateway's log".to_owned(),
        }
    }
}

/// The beginning of a long text.
fn tail(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// Foreign text, such as a run's error, without locations: of addresses and paths only the last part is
/// kept, and long words are shortened.
pub(crate) fn without_places(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(LONGEST));
    for piece in tail(text).split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let space = &piece[word.len()..];
        let is_opening = |letter: char| "`'\"([<=".contains(letter);
        let inner = word.trim_start_matches(is_opening);
        let lead = &word[..word.len() - inner.len()];
        let is_place = inner.contains("://") || (inner.starts_with('/') && inner.len() > 1);
        shown.push_str(lead);
        if is_place {
            let end = inner.trim_end_matches(|letter: char| "`'\")]>,;:./".contains(letter));
            let path = end.split_once("://").map_or(Some(end), |(scheme, rest)| {
                if scheme == "file" {
                    Some(rest)
                } else {
                    rest.split_once('/').map(|(_, path)| path)
                }
            });
            let last = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            shown.push('…');
            if !last.is_empty() {
                shown.push('/');
                shown.push_str(&Shortened(last).to_string());
            }
            shown.push_str(inner[end.len()..].trim_start_matches('/'));
        } else {
            shown.push_str(&Shortened(inner).to_string());
        }
        shown.push_str(space);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_once_and_then_counted() {
        let reports = Reports::default();
        let first = reports.note("the same");
        assert_eq!(first.written(), Some((1, 0)));
        for _ in 0..1_000 {
            let again = reports.note("the same");
            assert_eq!((again.written(), again.reference()), (None, first.reference()));
        }
        let n_written =
            (0..1_000).filter(|n| reports.note(&format!("{n}")).written().is_some()).count();
        assert_eq!(n_written, MOST - 1);
    }

    #[test]
    fn what_is_inside_stays_inside() {
        let reports = Reports::default();
        for code in Code::ALL {
            let inside = "file:///data/lake at http://10.0.0.7:50051: os error 111";
            let outside = reports.outward(ServiceError::new(code, inside));
            assert_eq!(outside.code, code);
            let is_told = matches!(
                code,
                Code::InvalidArgument
                    | Code::NotFound
                    | Code::PermissionDenied
                    | Code::ResourceExhausted
            );
            assert_eq!(outside.message == inside, is_told, "{outside}");
            assert_eq!(outside.message.contains("in the gateway's log"), !is_told, "{outside}");
        }
    }

    #[test]
    fn overload_is_told_as_such_and_keeps_the_wait() {
        let inside = ServiceError::overloaded("serving at http://10.0.0.7:50051: 258 queries");
        let outside = Reports::default().outward(inside.clone());
        assert_eq!((outside.code, outside.retry_after), (inside.code, inside.retry_after));
        assert!(!outside.message.contains("10.0.0.7"), "{outside}");
    }

    #[test]
    fn places_are_left_out_of_what_others_wrote() {
        for (text, expected) in [
            ("no file in `file:///srv/secret/plays/`", "no file in `…/plays`"),
            ("cannot read /etc/passwd: denied", "cannot read …/passwd: denied"),
            ("http://10.0.0.7:50051 is away", "… is away"),
            ("3 / 4 of and/or", "3 / 4 of and/or"),
        ] {
            assert_eq!(without_places(text), expected);
        }
    }
}
