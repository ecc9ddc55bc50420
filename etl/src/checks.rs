//! What must hold before a commit: of every lake ([`invariants`]), and what a model asks for ([`declared`]).

pub(crate) mod declared;
pub(crate) mod invariants;
