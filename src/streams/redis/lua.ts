/* Pieces that several scripts are made of. Which fields of a run's hash there are: `scripts.ts`. */

/** What frees memory, or tells of it, must get through when there is none left. */
export const ALLOW_OOM = "#!lua flags=allow-oom\n";

export const CLOCK = `
local function serverTime()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
`;

export const HOLD = `
-- Tasks are performed by whoever has these tokens: task:token:deadline in ms or '', comma-separated.
local function hold(claims, now, lease)
  for task, token, deadline in string.gmatch(claims, '(%d+):([^,:]+):(%d*)') do
    redis.call('HSET', KEYS[1], 'k' .. task, token, 'l' .. task, now + lease)
    -- Counted from the first attempt on.
    if deadline ~= '' and redis.call('HEXISTS', KEYS[1], 'x' .. task) == 0 then
      redis.call('HSET', KEYS[1], 'due', 1, 'x' .. task, now + tonumber(deadline))
    end
  end
end
`;

/** How long a chunk may be to come along with the news of it, or with a claim. */
export const NEWS_CHUNK_BYTES = 1024;

/** After so many small chunks who waits for values must ask to be told again: it may have gone away. */
const CHUNKS_PER_ASKING = 8;

/**
 * Who is told of what. Fields of the hash: `m` the channels of the processes that follow the run, `w{i}` of those where a reader waits for values of stream `i`, `g{i}`
 * where a writer waits for room in it; one per line. Each process has its own, so that nobody is woken for what others wait for. `n{i}` counts the small chunks that were told.
 */
export const TELL = `
local function note(field, channel)
  local known = redis.call('HGET', KEYS[1], field)
  if not known then redis.call('HSET', KEYS[1], field, channel)
  elseif not string.find('\\n' .. known .. '\\n', '\\n' .. channel .. '\\n', 1, true) then
    redis.call('HSET', KEYS[1], field, known .. '\\n' .. channel)
  end
end
-- Says which run it is of to each of these channels, but one.
local function tell(channels, news, but)
  for channel in string.gmatch(channels or '', '[^\\n]+') do
    if channel ~= but then redis.pcall('SPUBLISH', channel, #KEYS[1] .. ':' .. KEYS[1] .. news) end
  end
end
-- Stream i has got a chunk. A small one comes along ('' where there is none), and whoever gets it is told of the next one without asking again.
local function tellValues(waiting, i, values, count, bytes, chunk)
  local news, kind = string.format(':%d:%d', i, values), 't'
  if #chunk > 0 and #chunk <= ${NEWS_CHUNK_BYTES} then
    news = string.format('%s:%d:%d:', news, count, bytes) .. chunk
    if redis.call('HINCRBY', KEYS[1], 'n' .. i, 1) % ${CHUNKS_PER_ASKING} ~= 0 then kind = 'T' end
  end
  if kind == 't' then redis.call('HDEL', KEYS[1], 'w' .. i) end
  tell(waiting, kind .. news)
end
`;

export const STATE = `
-- What a process should know of the run: {rev, ledger or '' where this revision is known, values, bytes and floor of each stream...}.
local function state(known)
  local m = redis.call('HMGET', KEYS[1], 'rev', 'ledger')
  local reply, i = {m[1], ''}, 0
  if m[1] ~= known then reply[2] = m[2] end
  local s = redis.call('HMGET', KEYS[1], 't0', 'b0', 'f0')
  while s[1] do
    for n = 1, 3 do reply[#reply + 1] = s[n] end
    i = i + 1
    s = redis.call('HMGET', KEYS[1], 't' .. i, 'b' .. i, 'f' .. i)
  end
  return reply
end
`;

export const POSITIONS = `
${CLOCK}
-- Whether a task may be performed again, and read its inputs again. durable: the run's field.
local function restarts(durable, task)
  return durable == '1' or (durable and string.find(durable, ',' .. task .. ',', 1, true) ~= nil)
end
-- How far the consumers of stream i are. Fields: those of its processors and, if it is an output, of outside readers.
local function positions(i, consumers, output, now)
  local found, floor, durable = {}, nil, redis.call('HGET', KEYS[1], 'durable')
  local function look(field, static)
    local at = redis.call('HGET', KEYS[1], 'p' .. i .. ':' .. field)
    if at == false then
      if static then floor = 0 end
      return false
    end
    if at == 'x' then return true end
    local done = 0
    if static and restarts(durable, field) then done = tonumber(redis.call('HGET', KEYS[1], 'd' .. i .. ':' .. field) or 0) end
    if at == '-' then
      if floor == nil or done < floor then floor = done end
      return true
    end
    local values, bytes, deadline = string.match(at, '^(%d+):(%d+):(%d+)$')
    if not static and tonumber(deadline) < now then
      redis.call('HDEL', KEYS[1], 'p' .. i .. ':' .. field)
      return false
    end
    found[#found + 1] = field
    found[#found + 1] = values .. ':' .. bytes
    if not (static and restarts(durable, field)) then done = tonumber(values) end
    if floor == nil or done < floor then floor = done end
    return true
  end
  if consumers ~= '' then for c in string.gmatch(consumers, '[^,]+') do look(c, true) end end
  local readers, seen = redis.call('HGET', KEYS[1], 'r' .. i), false
  if readers then for p in string.gmatch(readers, '[^,]+') do if look('@' .. p, false) then seen = true end end end
  if output == '1' and not seen then floor = 0 end
  return found, floor
end
-- Drops what every consumer has passed.
local function trim(i, stream, consumers, output, now)
  local found, floor = positions(i, consumers, output, now)
  local top = tonumber(redis.call('HGET', KEYS[1], 't' .. i))
  if floor == nil then floor = top end
  if floor > tonumber(redis.call('HGET', KEYS[1], 'f' .. i)) then
    redis.call('HSET', KEYS[1], 'f' .. i, floor)
    redis.call('XTRIM', stream, 'MINID', (floor + 1) .. '-0')
  end
  return found
end
`;
