//! Creating the tables, and looking whether they are there.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};

/// The tables of version 1, as SQL for the migration tool of the service.
pub const SCHEMA: &str = include_str!("../schema/0001_loquet.sql");

/// The least rights of the roles that a service and its operator use, as SQL to adapt. See [`operations`](crate::operations).
pub const ROLES: &str = include_str!("../schema/roles.sql");

/// What [`SCHEMA`] makes, as [`OBJECTS`] names it.
const EXPECTED: &str = include_str!("../schema/objects.txt");

/// Names whatever acts when Loquet's tables are read or written, and the tables themselves.
const OBJECTS: &str = include_str!("../schema/objects.sql");

/// The version that this program writes.
pub(crate) const LATEST: i32 = 1;

/// The reason why a store was not opened, or its tables not created. The database is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The database has none of Loquet's tables in the search_path.
    #[error(
        "the database has none of Loquet's tables in the search_path: call `loquet_postgres::migrate` as a role that may create tables, or correct the search_path"
    )]
    NoTables,
    /// The tables have rows already, and a copy needs empty ones.
    #[error("the database has rows of Loquet already; name a new database")]
    NotEmpty,
    /// The tables were written by a newer Loquet.
    #[error(
        "the tables have version {found}, and this program knows versions up to {known}; start the newer program that wrote them"
    )]
    Newer {
        /// The version of the tables.
        found: i32,
        /// The newest version that this program supports.
        known: i32,
    },
    /// The tables have no version: a copy into them was interrupted.
    #[error(
        "`loquet_schema` has no version: a copy into these tables was interrupted, and can be begun again; otherwise restore a backup"
    )]
    Unversioned,
    /// A trigger, a rule or a function is missing, was changed, or is not Loquet's: it could undo what is written.
    #[error(
        "{0}: restore what `schema/0001_loquet.sql` makes, and find out who changed it; a trigger of the service belongs on its own tables"
    )]
    Altered(String),
    /// Any role may create objects in the schema of Loquet's tables, such as a function in place of PostgreSQL's own.
    #[error(
        "any role may create objects in the schema {0:?}, such as a function in place of PostgreSQL's: run `REVOKE CREATE ON SCHEMA {0} FROM PUBLIC`"
    )]
    OpenSchema(String),
    /// The database is a standby, which may be behind.
    #[error("the database is a standby, which may be behind; connect to the primary")]
    Standby,
    /// The database does not answer, or refuses.
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
}

/// Creates Loquet's tables in the first schema of the search_path, if they are not there. Several nodes may call it at once.
///
/// It needs a role that may create tables. The service's own role does not: call this at deployment, and give the
/// service's role the rights of [`ROLES`]. Migration tools can run [`SCHEMA`] instead.
///
/// # Errors
/// [`OpenError`]; nothing is changed then.
pub async fn migrate(pool: &PgPool) -> Result<(), OpenError> {
    /// Any number, the same in each program that may create these tables.
    const LOCK: i64 = 0x6c6f_7175_6574;
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .persistent(false)
        .execute(&mut *transaction)
        .await?;
    match verify(&mut transaction).await {
        Err(OpenError::NoTables) => {
            transaction.execute(SCHEMA).await?;
            Ok(transaction.commit().await?)
        }
        found => found,
    }
}

/// Looks whether the tables are those of this program.
pub(crate) async fn verify(connection: &mut PgConnection) -> Result<(), OpenError> {
    // `to_regclass` would remember that there is none, even where another node creates it meanwhile.
    let found = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'loquet_schema' AND pg_table_is_visible(oid))";
    let exists: bool = sqlx::query_scalar(found)
        .persistent(false)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Err(OpenError::NoTables);
    }
    let version: Option<i32> = sqlx::query_scalar("SELECT version FROM loquet_schema")
        .persistent(false)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(schema) = open_schema(connection).await? {
        return Err(OpenError::OpenSchema(schema));
    }
    let is_standby = sqlx::query_scalar("SELECT pg_is_in_recovery()").persistent(false);
    match version {
        _ if is_standby.fetch_one(&mut *connection).await? => Err(OpenError::Standby),
        None => Err(OpenError::Unversioned),
        Some(found) if found > LATEST => Err(OpenError::Newer {
            found,
            known: LATEST,
        }),
        Some(_) => match find_alteration(connection).await? {
            Some(alteration) => Err(OpenError::Altered(alteration)),
            None => Ok(()),
        },
    }
}

/// Returns the schema of the tables, where any role may create objects in it.
async fn open_schema(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let sql = "SELECT nspname::text FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
      WHERE relname = 'loquet_schema' AND pg_table_is_visible(pg_class.oid)
        AND has_schema_privilege('public', n.oid, 'CREATE')";
    sqlx::query_scalar(sql)
        .persistent(false)
        .fetch_optional(connection)
        .await
}

/// Returns the first difference to what [`SCHEMA`] makes. A trigger can undo what is written while no other check notices.
async fn find_alteration(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar(OBJECTS)
        .persistent(false)
        .fetch_all(connection)
        .await?;
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let expected: BTreeSet<&str> = EXPECTED.lines().collect();
    let foreign = found.difference(&expected).next();
    let foreign = foreign.map(|object| format!("the {object} is not Loquet's"));
    let missing = expected.difference(&found).next();
    Ok(foreign.or_else(|| missing.map(|object| format!("the {object} is missing or was changed"))))
}

/// Options for a pool that adds no round trips: sqlx asks a connection whether it is alive whenever it is taken out of the
/// pool, which costs each load and each commit a round trip more. Here only one that was idle for a second is asked.
///
/// A connection that broke within that second is found out when it is used: a load is then repeated on another one, and a
/// commit is [`Fault::Unknown`](loquet::store::Fault::Unknown), settled by its attempt.
#[must_use]
pub fn pool_options() -> PgPoolOptions {
    const IDLE: Duration = Duration::from_secs(1);
    PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < IDLE || connection.ping().await.is_ok()) })
        })
}
