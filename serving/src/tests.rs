//! Whole lakes in temporary folders: what serving answers, against a naive evaluation of the events.

mod answers;
mod cached;
mod compared;
mod damage;
mod events;
mod flights;
mod following;
mod grpc;
mod having;
mod lake;
mod marginals;
mod members;
mod newcomers;
mod oracle;
mod overload;
mod pages;
mod plans;
mod queries;
mod reach;
mod refusals;
mod retired;
mod spreads;
mod states;
mod windows;
