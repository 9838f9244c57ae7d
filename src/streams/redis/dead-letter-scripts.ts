/**
 * What is done to a run's dead letters, in a hash of their own that outlives the run: `h{task}.{index}` what is known of one
 * (JSON), `v{task}.{index}` its bytes, `x{task}.{index}` one that was removed while its run went on, `n` and `b` how many
 * there are and how many bytes. In the run's hash: `c{task}` how many values a task has set aside, `y{task}` how many
 * it has tried again. `KEYS[1]` is the run's hash, `KEYS[2]` that of its dead letters.
 */

/**
 * Sets a value aside, once, and only for who performs its task.
 * ARGV: task, token, index, what is known, bytes, time to live in ms, how many at most, bytes at most, the replica that has the token.
 * Reply: 'OK' | 'LOST' | 'FENCED' | 'FULL:count' | 'FULL:bytes'.
 */
const BURY = `
local owner = redis.call('HGET', KEYS[1], 'k' .. ARGV[9])
local field = ARGV[1] .. '.' .. ARGV[3]
if redis.call('HEXISTS', KEYS[2], 'h' .. field) == 1 or redis.call('HEXISTS', KEYS[2], 'x' .. field) == 1 then return 'OK' end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'LOST' end
if owner ~= ARGV[2] then return 'FENCED' end
local m = redis.call('HMGET', KEYS[2], 'n', 'b')
local bytes = #ARGV[4] + #ARGV[5]
if tonumber(m[1] or 0) >= tonumber(ARGV[7]) then return 'FULL:count' end
if tonumber(m[2] or 0) + bytes > tonumber(ARGV[8]) then return 'FULL:bytes' end
local t = redis.call('TIME')
local at = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[2], 'h' .. field, string.format('%d', at) .. ' ' .. ARGV[4], 'v' .. field, ARGV[5])
redis.call('HINCRBY', KEYS[2], 'n', 1)
redis.call('HINCRBY', KEYS[2], 'b', bytes)
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('HINCRBY', KEYS[1], 'c' .. ARGV[1], 1)
return 'OK'`;

/**
 * Forgets one. A run that goes on must still know that its value is done. ARGV: task.index. Reply: 1, or 0 where it is unknown.
 */
const EXHUME = `#!lua flags=allow-oom
local m = redis.call('HMGET', KEYS[2], 'h' .. ARGV[1], 'v' .. ARGV[1])
if not m[1] then return 0 end
redis.call('HDEL', KEYS[2], 'h' .. ARGV[1], 'v' .. ARGV[1])
redis.call('HINCRBY', KEYS[2], 'b', -(#string.gsub(m[1], '^%d+ ', '') + #m[2]))
local left = redis.call('HINCRBY', KEYS[2], 'n', -1)
local r = redis.call('HMGET', KEYS[1], 'rev', 'over')
if r[1] and not r[2] then redis.call('HSET', KEYS[2], 'x' .. ARGV[1], 1)
elseif left == 0 then redis.call('DEL', KEYS[2]) end
return 1`;

/** Counts values that are tried again; only shown. KEYS: the run's hash. ARGV: task, how many more. Reply: 1. */
const RETRIED = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'y' .. ARGV[1], ARGV[2]) end
return 1`;

export const DEAD_LETTER_SCRIPTS = {
  dgBury: { lua: BURY, numberOfKeys: 2 },
  dgExhume: { lua: EXHUME, numberOfKeys: 2 },
  dgRetried: { lua: RETRIED, numberOfKeys: 1 },
} as const;
