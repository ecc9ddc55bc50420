//! The cube that a command queries: of a lake, or of a running service.

use std::sync::Arc;

use clio_proto::{
    Code, CubeService, QuestionPart, RemoteConfig, RemoteCubes, ServiceError, SnapshotId,
};
use clio_serving::{Cubes, MarginalLimits, ServingConfig, ServingError};

use crate::args::CubeAddress;
use crate::settings::Settings;
use crate::{access, address, tls};

/// Opens it. Of a lake that snapshot is loaded which is asked for, otherwise the one that services serve; and the one beside it.
pub(crate) async fn open(
    from_where: &CubeAddress,
    settings: &Settings,
    snapshot: Option<SnapshotId>,
    beside: Option<SnapshotId>,
) -> anyhow::Result<Arc<dyn CubeService>> {
    if let Some(endpoint) = &from_where.serving {
        let key = settings.key_file.as_deref();
        let config = RemoteConfig {
            endpoints: vec![endpoint.clone()],
            tls: tls::of_command(&settings.tls)?,
            bearer: key.map(|file| access::secret(file, "API key")).transpose()?,
            ..settings.remote.clone()
        };
        return Ok(Arc::new(RemoteCubes::new(&config)?));
    }
    let lake = from_where.lake.as_deref().expect("clap asks for a lake or a service");
    let cubes = match snapshot {
        Some(id) => of_part(
            Cubes::load_named(config(lake, settings)?, &[id]).await,
            QuestionPart::Snapshot,
        )?,
        None => Cubes::load_once(config(lake, settings)?).await?,
    };
    if let Some(id) = beside {
        of_part(cubes.hold(id).await, QuestionPart::Compare)?;
    }
    Ok(cubes)
}

/// Opens some snapshots of a lake, of which the first is the current one.
pub(crate) async fn open_lake(
    lake: &str,
    settings: &Settings,
    ids: &[SnapshotId],
) -> anyhow::Result<Arc<Cubes>> {
    Ok(Cubes::load_named(config(lake, settings)?, ids).await?)
}

fn config(lake: &str, settings: &Settings) -> anyhow::Result<ServingConfig> {
    // One question takes less than what would be united in advance for it.
    let marginals = MarginalLimits { percent: 0, ..MarginalLimits::default() };
    let config = settings.serving(address::folder(lake)?);
    // The one that is asked for and the one beside it.
    let n_snapshots_held = config.n_snapshots_held.max(2);
    Ok(ServingConfig { marginals, n_snapshots_held, ..config })
}

/// A snapshot that is not there is a mistake in the question, and in which part of it.
fn of_part<T>(loaded: Result<T, ServingError>, part: QuestionPart) -> anyhow::Result<T> {
    loaded.map_err(|error| match error {
        ServingError::Unknown { .. } | ServingError::Gone { .. } => {
            ServiceError::new(Code::NotFound, error.to_string()).of(part).into()
        }
        error => error.into(),
    })
}
