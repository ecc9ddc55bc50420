//! The status of serving, and who is notified of it.

use std::sync::Arc;

use clio_proto::{Code, Projection, ServiceError, ServingState, ServingStatus};
use tokio::sync::watch;
use url::Url;

/// The status of serving, for those who ask or watch.
#[derive(Debug)]
pub(crate) struct StatusBoard(watch::Sender<ServingStatus>);

impl StatusBoard {
    /// Nothing is served yet.
    pub(crate) fn loading(lake: &Url, projection: &Projection) -> Self {
        let is_part = !projection.is_whole();
        let (sender, _) = watch::channel(ServingStatus {
            state: ServingState::Down,
            message: Some(format!("lake `{lake}` is being loaded; try again")),
            snapshot: None,
            refused: None,
            newest: None,
            pin: None,
            is_stuck: false,
            projection: is_part.then(|| Arc::new(projection.setting())),
        });
        Self(sender)
    }

    pub(crate) fn current(&self) -> ServingStatus {
        self.0.borrow().clone()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<ServingStatus> {
        self.0.subscribe()
    }

    /// Reports the status to all watchers, if it changed.
    pub(crate) fn say(&self, status: ServingStatus) {
        self.0.send_if_modified(|known| {
            let is_news = *known != status;
            *known = status;
            is_news
        });
    }

    /// The error for queries while no snapshot is held.
    pub(crate) fn unavailable(&self) -> ServiceError {
        let message = self.0.borrow().message.clone();
        let message = message.unwrap_or_else(|| "no snapshot is held yet".to_owned());
        ServiceError::new(Code::Unavailable, message)
    }
}
