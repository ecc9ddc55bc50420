//! How serving does, and who is told.

use clio_proto::{Code, ServiceError, ServingState, ServingStatus};
use tokio::sync::watch;
use url::Url;

/// How serving does, for whoever asks or watches.
#[derive(Debug)]
pub(crate) struct StatusBoard(watch::Sender<ServingStatus>);

impl StatusBoard {
    /// Nothing is served yet.
    pub(crate) fn loading(lake: &Url) -> Self {
        let (sender, _) = watch::channel(ServingStatus {
            state: ServingState::Down,
            message: Some(format!("lake `{lake}` is being loaded; try again")),
            snapshot: None,
            refused: None,
            newest: None,
            pin: None,
        });
        Self(sender)
    }

    pub(crate) fn current(&self) -> ServingStatus {
        self.0.borrow().clone()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<ServingStatus> {
        self.0.subscribe()
    }

    /// Says how serving does, to all who watch, if that is news.
    pub(crate) fn say(&self, status: ServingStatus) {
        self.0.send_if_modified(|known| {
            let is_news = *known != status;
            *known = status;
            is_news
        });
    }

    /// Why nothing can be answered while no snapshot is held.
    pub(crate) fn unavailable(&self) -> ServiceError {
        let message = self.0.borrow().message.clone();
        let message = message.unwrap_or_else(|| "no snapshot is held yet".to_owned());
        ServiceError::new(Code::Unavailable, message)
    }
}
