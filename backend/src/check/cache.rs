//! The cache: Redis, where the settings name one.

use redis::{AsyncConnectionConfig, Client, RedisError};
use uuid::Uuid;

use super::{Finding, PATIENCE, in_time};
use crate::core::config::Cache;

const NAME: &str = "cache";

/// What a Redis reports about itself.
struct Redis {
    version: String,
    /// The most bytes that it stores; 0 if there is no limit.
    most: u64,
    /// What it removes once it has that many.
    policy: String,
}

pub(super) async fn check(settings: &Cache) -> Vec<Finding> {
    let client = match settings.client() {
        Ok(Some(client)) => client,
        Ok(None) => return vec![Finding::ok(NAME, "in the process: cache.url is not set")],
        Err(error) => return vec![Finding::failed(NAME, error.to_string(), "correct it")],
    };
    let finding = match in_time(try_out(&client)).await {
        Ok(Ok(redis)) => assess(&redis),
        Ok(Err(error)) => explain(&error),
        Err(late) => Finding::failed(NAME, format!("Redis: {late}"), REACH),
    };
    vec![finding]
}

const REACH: &str = "start Redis, or check host, port and firewall in cache.url";

/// Writes a key of its own, reads it back, and removes it.
async fn try_out(client: &Client) -> Result<Redis, RedisError> {
    let settings = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let mut connection = client.get_multiplexed_async_connection_with_config(&settings).await?;
    let (key, value) = (format!("motovaultpro-check:{}", Uuid::now_v7()), "written by a check");
    let mut write = redis::cmd("SET");
    write.arg(&key).arg(value).arg("EX").arg(10);
    write.query_async::<()>(&mut connection).await?;
    let read: Option<String> = redis::cmd("GET").arg(&key).query_async(&mut connection).await?;
    redis::cmd("DEL").arg(&key).query_async::<()>(&mut connection).await?;
    if read.as_deref() != Some(value) {
        let kind = redis::ErrorKind::UnexpectedReturnType;
        return Err((kind, "it did not return what was written").into());
    }
    let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let field = |name: &str| {
        let line = info.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().trim().to_owned()
    };
    let most = field("maxmemory").parse().unwrap_or(0);
    Ok(Redis { version: field("redis_version"), most, policy: field("maxmemory_policy") })
}

fn assess(redis: &Redis) -> Finding {
    let found = format!("Redis {}: a key was written and read back", redis.version);
    if redis.most == 0 {
        let found = format!("{found}, but its memory has no limit");
        return Finding::warning(NAME, found, "set maxmemory, and maxmemory-policy to allkeys-lru");
    }
    if redis.policy == "noeviction" {
        let found = format!("{found}, but once its memory is full it accepts no more");
        return Finding::warning(NAME, found, "set maxmemory-policy to allkeys-lru");
    }
    Finding::ok(NAME, found)
}

fn explain(error: &RedisError) -> Finding {
    let code = error.code().unwrap_or_default();
    let is_refused = matches!(code, "NOAUTH" | "WRONGPASS")
        || error.kind() == redis::ErrorKind::AuthenticationFailed;
    if is_refused {
        let advice = "set the right password: redis://:PASSWORD@HOST:PORT in cache.url, or in the \
                      file that cache.url_file names";
        return Finding::failed(NAME, format!("Redis refuses the password: {error}"), advice);
    }
    let advice = match code {
        "OOM" => "give Redis more memory, or set maxmemory-policy to allkeys-lru",
        "READONLY" => "name the primary in cache.url instead of a replica",
        "NOPERM" => "allow the user SET, GET, DEL, INFO, PING, EVALSHA and EVAL",
        _ => REACH,
    };
    Finding::failed(NAME, format!("Redis: {error}"), advice)
}
