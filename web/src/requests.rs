//! HTTP requests as operators see them: to which route, how they ended, and how long that took.

use std::fmt;
use std::time::Duration;

use strum::VariantArray;

/// What is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Route {
    /// `/graphql`.
    Graphql,
    /// `/graphql/ws`.
    Socket,
    /// `/export.csv` and the like.
    Export,
    /// Below `/media`.
    Media,
    /// `/healthz` and `/readyz`.
    Health,
    /// Pages and their files, and whatever there is not.
    Page,
}

impl Route {
    /// Every route.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name: `graphql`, `socket`, `export`, `media`, `health`, `page`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Socket => "socket",
            Self::Export => "export",
            Self::Media => "media",
            Self::Health => "health",
            Self::Page => "page",
        }
    }

    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/graphql" => Self::Graphql,
            "/graphql/ws" => Self::Socket,
            "/healthz" | "/readyz" => Self::Health,
            path if path.starts_with("/export.") => Self::Export,
            path if path.starts_with("/media/") => Self::Media,
            _ => Self::Page,
        }
    }
}

/// Where requests are counted. Called when the answer to each one begins, so it must not wait.
pub trait RequestSink: fmt::Debug + Send + Sync {
    /// A request was answered with a status; its body may still be on its way.
    fn ended(&self, route: Route, status: u16, took: Duration);
}
