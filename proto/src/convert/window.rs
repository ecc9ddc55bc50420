//! Windows of rows of time, to the wire and back.

use super::invalid;
use crate::error::ServiceError;
use crate::query::TimeWindow;
use crate::wire;

pub(super) fn window_to_wire(window: TimeWindow) -> wire::Window {
    use wire::window::Over;
    let over = match window {
        TimeWindow::TrailingDays(n_days) => Over::TrailingDays(n_days),
        TimeWindow::Cumulative => Over::Cumulative(wire::Cumulative {}),
    };
    wire::Window { over: Some(over) }
}

pub(super) fn window_from_wire(window: wire::Window) -> Result<TimeWindow, ServiceError> {
    use wire::window::Over;
    match window.over {
        Some(Over::TrailingDays(n_days)) => Ok(TimeWindow::TrailingDays(n_days)),
        Some(Over::Cumulative(wire::Cumulative {})) => Ok(TimeWindow::Cumulative),
        None => Err(invalid("window", "is empty; expected one of `trailing_days`, `cumulative`")),
    }
}
