//! Whole lakes in temporary folders: what serving answers, against a naive evaluation of the events.

mod answers;
mod damage;
mod events;
mod following;
mod grpc;
mod lake;
mod oracle;
mod queries;
mod refusals;
mod retired;
mod states;
