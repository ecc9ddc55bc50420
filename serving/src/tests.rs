//! Whole lakes in temporary folders: what serving answers, against a naive evaluation of the events.

mod ages;
mod answers;
mod by_comparison;
mod compared;
mod damage;
mod events;
mod exports;
mod following;
mod grpc;
mod having;
mod lake;
mod members;
mod newcomers;
mod oracle;
mod pages;
mod plans;
mod queries;
mod reach;
mod refusals;
mod retired;
mod spreads;
mod states;
mod windows;
