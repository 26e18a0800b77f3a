//! Checks the cache: Redis, if it is configured.

use redis::{AsyncConnectionConfig, Client, RedisError};
use uuid::Uuid;

use super::{Finding, TIMEOUT, with_timeout};
use crate::core::config::Cache;

const NAME: &str = "cache";

/// The version and settings that Redis reports.
struct RedisInfo {
    version: String,
    /// `maxmemory`, 0 if there is no limit.
    max_memory: u64,
    /// `maxmemory_policy`: which keys are evicted when the limit is reached.
    eviction_policy: String,
}

pub(super) async fn check(settings: &Cache) -> Vec<Finding> {
    let client = match settings.client() {
        Ok(Some(client)) => client,
        Ok(None) => return vec![Finding::ok(NAME, "in-process: cache.url is not set")],
        Err(error) => return vec![Finding::failed(NAME, error.to_string(), "correct it")],
    };
    let finding = match with_timeout(write_and_read(&client)).await {
        Ok(Ok(redis)) => assess(&redis),
        Ok(Err(error)) => explain(&error),
        Err(timeout) => Finding::failed(NAME, format!("Redis: {timeout}"), CONNECTION_ADVICE),
    };
    vec![finding]
}

const CONNECTION_ADVICE: &str = "start Redis, or check host, port and firewall in cache.url";

/// Writes a temporary key, reads it back and removes it.
async fn write_and_read(client: &Client) -> Result<RedisInfo, RedisError> {
    let settings = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT));
    let mut connection = client.get_multiplexed_async_connection_with_config(&settings).await?;
    let (key, value) = (format!("motovaultpro-check:{}", Uuid::now_v7()), "written by a check");
    let mut write = redis::cmd("SET");
    write.arg(&key).arg(value).arg("EX").arg(10);
    write.query_async::<()>(&mut connection).await?;
    let read: Option<String> = redis::cmd("GET").arg(&key).query_async(&mut connection).await?;
    redis::cmd("DEL").arg(&key).query_async::<()>(&mut connection).await?;
    if read.as_deref() != Some(value) {
        let kind = redis::ErrorKind::UnexpectedReturnType;
        return Err((kind, "it did not return the value that was written").into());
    }
    let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let field = |name: &str| {
        let line = info.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let max_memory = field("maxmemory").parse().unwrap_or(0);
    Ok(RedisInfo {
        version: field("redis_version"),
        max_memory,
        eviction_policy: field("maxmemory_policy"),
    })
}

fn assess(redis: &RedisInfo) -> Finding {
    let found = format!("Redis {}: a key was written and read back", redis.version);
    if redis.max_memory == 0 {
        let found = format!("{found}, but it has no memory limit");
        return Finding::warning(NAME, found, "set maxmemory, and maxmemory-policy to allkeys-lru");
    }
    if redis.eviction_policy == "noeviction" {
        let found = format!("{found}, but it rejects writes once its memory is full");
        return Finding::warning(NAME, found, "set maxmemory-policy to allkeys-lru");
    }
    Finding::ok(NAME, found)
}

fn explain(error: &RedisError) -> Finding {
    let code = error.code().unwrap_or_default();
    let is_refused = matches!(code, "NOAUTH" | "WRONGPASS")
        || error.kind() == redis::ErrorKind::AuthenticationFailed;
    if is_refused {
        let advice = "correct the password: redis://:PASSWORD@HOST:PORT in cache.url, or in the \
                      file that cache.url_file names";
        return Finding::failed(NAME, format!("Redis rejects the password: {error}"), advice);
    }
    let advice = match code {
        "OOM" => "give Redis more memory, or set maxmemory-policy to allkeys-lru",
        "READONLY" => "use the address of the primary in cache.url instead of a replica",
        "NOPERM" => "allow the user SET, GET, DEL, INFO, PING, EVALSHA and EVAL",
        _ => CONNECTION_ADVICE,
    };
    Finding::failed(NAME, format!("Redis: {error}"), advice)
}
