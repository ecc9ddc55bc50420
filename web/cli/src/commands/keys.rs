//! `clio keys`: makes, lists and revokes API keys.

use clio_proto::{ApiKey, KeyFile};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::args::{KeysCommand, KeysFile, ReportFormat};
use crate::terminal::{answer, say, tell};
use crate::usage::Usage;
use crate::{clock, key_file, output};

/// Runs one of the commands.
pub(crate) fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Create { name, expires, file } => create(&name, expires, &file),
        KeysCommand::List { file } => list(&file),
        KeysCommand::Revoke { name, file } => revoke(&name, &file),
    }
}

fn create(name: &str, expires: Option<Timestamp>, file: &KeysFile) -> anyhow::Result<()> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let key = key_file::change(&file.keys, true, |keys| {
        keys.create(name, &random, clock::now(), expires).map_err(|error| wrong(&error))
    })?;
    match file.format {
        ReportFormat::Json => {
            let expires = expires.map(|expires| expires.to_string());
            answer!("{:#}", json!({ "name": name, "key": key.reveal(), "expires": expires }));
        }
        ReportFormat::Text => {
            say!("{}", key.reveal());
            tell!(
                "keep it: it is shown this once. It is sent as `authorization: Bearer {}…`",
                clio_proto::KEY_PREFIX
            );
        }
    }
    Ok(())
}

fn list(file: &KeysFile) -> anyhow::Result<()> {
    let keys = key_file::read(&file.keys)?;
    let now = clock::now();
    match file.format {
        ReportFormat::Json => answer!("{:#}", json_of(&keys, now)),
        ReportFormat::Text if keys.keys().is_empty() => say!("there is no key yet"),
        ReportFormat::Text => {
            let heads = ["name", "state", "created", "expires", "revoked"];
            let time = |time: Option<Timestamp>| {
                time.map(|time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()).unwrap_or_default()
            };
            let row = |key: &ApiKey| {
                vec![
                    key.name.clone(),
                    state(key, now).to_owned(),
                    time(Some(key.created)),
                    time(key.expires),
                    time(key.revoked),
                ]
            };
            let rows = keys.keys().iter().map(row).collect();
            say!("{}", output::table_of(heads.map(str::to_owned).to_vec(), rows));
        }
    }
    Ok(())
}

fn revoke(name: &str, file: &KeysFile) -> anyhow::Result<()> {
    let key = key_file::change(&file.keys, false, |keys| {
        keys.revoke(name, clock::now()).cloned().map_err(|error| wrong(&error))
    })?;
    match file.format {
        ReportFormat::Json => answer!("{:#}", one(&key, clock::now())),
        ReportFormat::Text => say!("`{name}` opens nothing from now on"),
    }
    Ok(())
}

fn wrong(error: &clio_proto::KeyFileError) -> anyhow::Error {
    Usage(error.to_string()).into()
}

fn json_of(keys: &KeyFile, now: Timestamp) -> Value {
    keys.keys().iter().map(|key| one(key, now)).collect()
}

fn one(key: &ApiKey, now: Timestamp) -> Value {
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
    json!({
        "name": key.name,
        "state": state(key, now),
        "created": key.created.to_string(),
        "expires": text(key.expires),
        "revoked": text(key.revoked),
    })
}

fn state(key: &ApiKey, now: Timestamp) -> &'static str {
    if key.revoked.is_some() {
        "revoked"
    } else if key.is_valid(now) {
        "valid"
    } else {
        "expired"
    }
}
