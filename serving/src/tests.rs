//! Whole lakes in temporary folders: what serving answers, against a naive evaluation of the events.

mod answers;
mod compared;
mod damage;
mod events;
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
mod verdicts;
mod windows;
