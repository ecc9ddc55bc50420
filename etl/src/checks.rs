//! What must hold before a commit: for every lake ([`invariants`]), and what a model declares
//! ([`declared`]).

pub(crate) mod declared;
pub(crate) mod invariants;
