import { DEAD_LETTER_SCRIPTS } from "./dead-letter-scripts.ts";
import { LEDGER_SCRIPTS } from "./ledger-scripts.ts";
import { ALLOW_OOM, CLOCK, HOLD, POSITIONS, TELL } from "./lua.ts";
import { shareDone, shareTake } from "./share-scripts.ts";

/**
 * Every change of a run in Redis is one of these scripts: atomic, on the keys of one slot, and safe to send again when
 * its reply was lost. `KEYS[1]` is the run's hash; other keys are its streams.
 *
 * Fields of the hash: `record`, `ledger` (JSON, see `../ledger-text.ts`), `rev` and creator `by` of the run, when it was created `at`, `tr` the revision of its last transition, `over` once it has ended; per stream `i`: `t{i}` values written, `b{i}`
 * bytes, `f{i}` values trimmed, `o{i}` the writer's token, `e{i}` set when it has ended, `w{i}` and `g{i}` who waits for values or room (see `TELL` in `lua.ts`), `r{i}` processes that read it from outside
 * (comma-separated), `p{i}:{consumer}` how far a consumer is: `values:bytes:deadline`, or `x` when it needs no more, or `-`
 * when it reads no more but another attempt might.
 * `durable` says whose inputs are kept until they are done for good, `1` for every task's or `,task,…,`: `d{i}:{consumer}` is how far a consumer is with that, and
 * `q{i}` how far the input is that stream `i` follows: `values of the input:values of the stream:end of the list under way`; `h{i}` is the checksum of the values of a stream that
 * follows none. Per task `k`: `k{k}` the token of who performs it and `l{k}` until when that is believed; `kf` and `lf`
 * are the same for whoever supplies the inputs; `cs{k}` and `cp{k}` its last checkpoint: the state, and the positions in JSON. `dr` is when the run must have ended, `x{k}` when task `k` must; `due` is set where
 * there is one of them. Times are the server's.
 */

/**
 * Creates a run, or gives the one that is there. KEYS after the run's: the streams of complete inputs.
 * ARGV: record, ledger, number of streams, time to live in ms, durable (see above) or '', who creates it, '1' if they supply inputs,
 * lease in ms, claims (task:token:deadline in ms or '', comma-separated), owners (stream:token, comma-separated), deadline in ms or '', creator's
 * channel, streams of whose values it is to be told (comma-separated), then of each complete input: stream, count, bytes of its values.
 * Reply: 1, or {record, rev, ledger, creator}.
 */
const CREATE = `
${CLOCK}${HOLD}
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HMGET', KEYS[1], 'record', 'rev', 'ledger', 'by') end
redis.call('HSET', KEYS[1], 'record', ARGV[1], 'ledger', ARGV[2], 'rev', 0, 'by', ARGV[6], 'm', ARGV[12])
for i = 0, tonumber(ARGV[3]) - 1 do redis.call('HSET', KEYS[1], 't' .. i, 0, 'b' .. i, 0, 'f' .. i, 0, 'o' .. i, '') end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'durable', ARGV[5]) end
local now = serverTime()
redis.call('HSET', KEYS[1], 'at', now)
if ARGV[7] == '1' then redis.call('HSET', KEYS[1], 'kf', ARGV[6], 'lf', now + tonumber(ARGV[8])) end
hold(ARGV[9], now, tonumber(ARGV[8]))
for i, token in string.gmatch(ARGV[10], '(%d+):([^,]+)') do redis.call('HSET', KEYS[1], 'o' .. i, token) end
if ARGV[11] ~= '' then redis.call('HSET', KEYS[1], 'due', 1, 'dr', now + tonumber(ARGV[11])) end
for i in string.gmatch(ARGV[13], '[^,]+') do redis.call('HSET', KEYS[1], 'w' .. i, ARGV[12]) end
for k = 2, #KEYS do
  local a = 14 + (k - 2) * 3
  local i, count, body = ARGV[a], ARGV[a + 1], ARGV[a + 2]
  redis.call('HSET', KEYS[1], 't' .. i, count, 'b' .. i, #body, 'e' .. i, 1)
  if count ~= '0' then
    redis.call('XADD', KEYS[k], count .. '-0', 'n', count, 'b', #body, 'v', body)
    redis.call('PEXPIRE', KEYS[k], ARGV[4])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

/**
 * Whether a chunk may be appended, and what follows from it for the run; `add` adds its entry and `refuse` gives a reply in place of that.
 * ARGV: stream, token, first value's index, count, bytes, body, ttl, consumers, output, '1' to want positions; then, where the
 * stream follows an input: 'q', its place, the field of its task's position in that input, the task's other outputs (comma-separated);
 * or where another attempt would have to make the same values: 'h', the checksum of all values up to the chunk's last.
 * Reply: 'LOST' | 'FENCED' | 'ENDED' | {'GAP', top} | {'OK', positions...}.
 */
const appending = ({ add, refuse }: { readonly add: string; readonly refuse: string }) => `
${POSITIONS}${TELL}
local function refuse(reply)
  ${refuse}
  return reply
end
local i, first, count = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local m = redis.call('HMGET', KEYS[1], 't' .. i, 'o' .. i, 'e' .. i, 'w' .. i, 'r' .. i)
if not m[1] then return refuse('LOST') end
local top, last = tonumber(m[1]), first + count - 1
if last > top then
  if m[3] then return refuse('ENDED') end
  if m[2] ~= ARGV[2] then return refuse('FENCED') end
  if first ~= top + 1 then return refuse({'GAP', top}) end
  local bytes = redis.call('HINCRBY', KEYS[1], 'b' .. i, ARGV[5])
  redis.call('HSET', KEYS[1], 't' .. i, last)
  if ARGV[11] == 'h' then redis.call('HSET', KEYS[1], 'h' .. i, ARGV[12])
  elseif ARGV[11] == 'q' then
    local done = tonumber(string.match(ARGV[12], '^%d+'))
    for o in string.gmatch(ARGV[14], '[^,]+') do
      done = math.min(done, tonumber(string.match(redis.call('HGET', KEYS[1], 'q' .. o) or '0', '^%d+')))
    end
    redis.call('HSET', KEYS[1], 'q' .. i, ARGV[12], ARGV[13], done)
  end
  ${add}
  if top == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[7]) end
  if m[4] then tellValues(m[4], i, last, count, bytes, ARGV[6]) end
end
if ARGV[10] ~= '1' and not m[5] then return {'OK'} end
local found = positions(i, ARGV[8], ARGV[9], serverTime())
table.insert(found, 1, 'OK')
return found`;

/** Appends one chunk; the id of its entry is the index of its last value, so a chunk that is there is not added again. */
const APPEND = appending({
  add: "redis.call('XADD', KEYS[2], last .. '-0', 'n', ARGV[4], 'b', bytes, 'v', ARGV[6])",
  refuse: "",
});

/**
 * The same in a transaction, for a large chunk: Lua copies its arguments, and where it hashes long strings as well that costs more than all
 * else (Debian's does). So the entry is added between two scripts, `XADD … NOMKSTREAM`, and the first one keeps it from being added
 * where it must not be: no id is greater than the greatest.
 */
export const ADMIT = appending({
  add: `if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('XGROUP', 'CREATE', KEYS[2], 'none', 0, 'MKSTREAM')
    redis.call('XGROUP', 'DESTROY', KEYS[2], 'none')
  end`,
  refuse: `if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('XSETID', KEYS[2], '18446744073709551615-18446744073709551615') end`,
});

/** After {@link ADMIT} and the entry: the next entry may be added. ARGV: stream. */
export const ADMITTED = `
local top = redis.call('HGET', KEYS[1], 't' .. ARGV[1])
if top and redis.call('EXISTS', KEYS[2]) == 1 then redis.call('XSETID', KEYS[2], top .. '-0') end
return 1`;

/**
 * Notes how far a task is, where no values say so, or saves a checkpoint. ARGV: task, token, number of positions, then field and position, ...;
 * a position never goes back. Then any other fields and their values.
 * Reply: 'LOST' | 'FENCED' | 'OK'.
 */
const COMMIT = `${ALLOW_OOM}
if redis.call('EXISTS', KEYS[1]) == 0 then return 'LOST' end
if redis.call('HGET', KEYS[1], 'k' .. ARGV[1]) ~= ARGV[2] then return 'FENCED' end
local rest = 4 + 2 * tonumber(ARGV[3])
for a = 4, rest - 1, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[a])
  if not known or tonumber(string.match(known, '^%d+')) < tonumber(string.match(ARGV[a + 1], '^%d+')) then
    redis.call('HSET', KEYS[1], ARGV[a], ARGV[a + 1])
  end
end
for a = rest, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[a], ARGV[a + 1]) end
return 'OK'`;

/**
 * Says how far a consumer is, and trims.
 * ARGV: stream, consumer's field, values, bytes (or 'x', ''), lease in ms, retain, consumers, output.
 * Reply: 'LOST' or 'OK'.
 */
const PROGRESS = `${ALLOW_OOM}
${POSITIONS}${TELL}
local i, field = ARGV[1], ARGV[2]
local m = redis.call('HMGET', KEYS[1], 't' .. i, 'g' .. i, 'r' .. i, 'durable')
if not m[1] then return 'LOST' end
local now = serverTime()
local at, outside = 'x', string.sub(field, 1, 1) == '@'
local again = not outside and restarts(m[4], field)
if ARGV[3] ~= 'x' then at = ARGV[3] .. ':' .. ARGV[4] .. ':' .. (now + tonumber(ARGV[5]))
elseif again then at = '-' end
-- A task that may have other attempts and is settled stays so, whatever one of them says late.
if not again or redis.call('HGET', KEYS[1], 'p' .. i .. ':' .. field) ~= 'x' then
  redis.call('HSET', KEYS[1], 'p' .. i .. ':' .. field, at)
end
if outside then
  local p = string.sub(field, 2)
  if not m[3] then redis.call('HSET', KEYS[1], 'r' .. i, p)
  elseif not string.find(',' .. m[3] .. ',', ',' .. p .. ',', 1, true) then redis.call('HSET', KEYS[1], 'r' .. i, m[3] .. ',' .. p) end
end
if ARGV[6] == 'unread' then trim(i, KEYS[2], ARGV[7], ARGV[8], now) end
if m[2] then
  redis.call('HDEL', KEYS[1], 'g' .. i)
  tell(m[2], 'c:' .. i)
end
return 'OK'`;

/**
 * Says that the owners of these tasks live, and asks which owners do not.
 * ARGV: lease in ms, number of tasks, then task (or 'f' for who supplies the inputs) and token, …
 * Reply: nil, or {tasks lost (comma-separated), tasks lapsed (task:token, comma-separated), tasks that are overdue ('r': the run;
 * comma-separated), ms until the next one is or ''}.
 */
const RENEW = `${ALLOW_OOM}
${CLOCK}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local now, lost, lapsed = serverTime(), {}, {}
for a = 3, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], 'k' .. ARGV[a]) == ARGV[a + 1] then
    redis.call('HSET', KEYS[1], 'l' .. ARGV[a], now + tonumber(ARGV[1]))
  else lost[#lost + 1] = ARGV[a] end
end
local function look(k)
  local deadline = redis.call('HGET', KEYS[1], 'l' .. k)
  if deadline and tonumber(deadline) < now then lapsed[#lapsed + 1] = k .. ':' .. redis.call('HGET', KEYS[1], 'k' .. k) end
end
for k = 0, tonumber(ARGV[2]) - 1 do look(k) end
look('f')
local overdue, nearest = {}, ''
if redis.call('HEXISTS', KEYS[1], 'due') == 1 then
  local function due(field, name)
    local at = tonumber(redis.call('HGET', KEYS[1], field) or nil)
    if at == nil then return end
    if at <= now then overdue[#overdue + 1] = name
    elseif nearest == '' or at - now < nearest then nearest = at - now end
  end
  due('dr', 'r')
  for k = 0, tonumber(ARGV[2]) - 1 do due('x' .. k, k) end
end
return {table.concat(lost, ','), table.concat(lapsed, ','), table.concat(overdue, ','), tostring(nearest)}`;

/**
 * When somebody should look after runs again, unless they are put off until then: an index of all runs under a prefix.
 * ARGV: delay in ms, time to live of the index in ms, run ids.
 */
const ATTEND = `${ALLOW_OOM}
${CLOCK}
local at = serverTime() + tonumber(ARGV[1])
for a = 3, #ARGV do redis.call('ZADD', KEYS[1], at, ARGV[a]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

/** The runs that nobody has put off in time, and puts them off. ARGV: delay in ms, how many at most. Reply: run ids. */
const DUE = `${ALLOW_OOM}
${CLOCK}
local now = serverTime()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, ARGV[2])
for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), id) end
return due`;

/**
 * How many values the slowest consumer of each stream has passed, '-' where nobody needs more; and whether its writer waits.
 * ARGV: number of streams, then per stream: consumers, output. Reply: nil, or two per stream.
 */
const LOWEST = `
${POSITIONS}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local reply, now = {}, serverTime()
for i = 0, tonumber(ARGV[1]) - 1 do
  local found, floor = positions(i, ARGV[2 + i * 2], ARGV[3 + i * 2], now)
  reply[#reply + 1] = floor or '-'
  reply[#reply + 1] = redis.call('HEXISTS', KEYS[1], 'g' .. i)
end
return reply`;

/**
 * Tells who waits in a process, and asks who waits in others. Field `y`: by process, when it was told and what.
 * ARGV: process, its waits or nothing, for how many ms such news is valid, its channel to ask the others or nothing.
 * Reply: nil, or process and waits of each other one.
 */
const WAITS = `
${CLOCK}${TELL}
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'over') == 1 then return false end
local now, told, found = serverTime(), {}, {}
for process, entry in pairs(cjson.decode(redis.call('HGET', KEYS[1], 'y') or '{}')) do
  if process ~= ARGV[1] and now - entry[1] < tonumber(ARGV[3]) then
    told[process] = entry
    found[#found + 1] = process
    found[#found + 1] = entry[2]
  end
end
if ARGV[2] ~= '' then told[ARGV[1]] = {now, ARGV[2]} end
redis.call('HSET', KEYS[1], 'y', cjson.encode(told))
if ARGV[4] ~= '' then tell(redis.call('HGET', KEYS[1], 'm'), 'w:' .. ARGV[1], ARGV[4]) end
return found`;

/**
 * Keeps the keys of a run that goes on from lapsing. Who has not heard yet that it has ended must not change for how long
 * it is kept. ARGV: time to live in ms. Reply: 1, or 0 where nothing was to be kept.
 */
const REFRESH = `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'over') == 1 then return 0 end
for k = 1, #KEYS do redis.call('PEXPIRE', KEYS[k], ARGV[1]) end
return 1`;

/**
 * What workers implement, one line for each declaration of a processor: until when it holds, its digest, its text.
 * ARGV: for how long in ms, digest, text (one line).
 */
const ANNOUNCE = `${ALLOW_OOM}
${CLOCK}
local now = serverTime()
local lines = {(now + tonumber(ARGV[1])) .. ' ' .. ARGV[2] .. ' ' .. ARGV[3]}
for line in string.gmatch(redis.call('HGET', KEYS[1], 'by') or '', '[^\\n]+') do
  local till, digest = string.match(line, '^(%d+) (%S+) ')
  if tonumber(till) > now and digest ~= ARGV[2] then lines[#lines + 1] = line end
end
redis.call('HSET', KEYS[1], 'by', table.concat(lines, '\\n'))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** What was announced and still holds. Reply: texts. */
const ANNOUNCED = `
${CLOCK}
local now, texts = serverTime(), {}
for line in string.gmatch(redis.call('HGET', KEYS[1], 'by') or '', '[^\\n]+') do
  local till, text = string.match(line, '^(%d+) %S+ (.*)$')
  if tonumber(till) > now then texts[#texts + 1] = text end
end
return texts`;

export const SCRIPTS = {
  dgCreate: { lua: CREATE },
  dgAppend: { lua: APPEND, numberOfKeys: 2 },
  dgCommit: { lua: COMMIT, numberOfKeys: 1 },
  dgProgress: { lua: PROGRESS, numberOfKeys: 2 },
  dgRenew: { lua: RENEW, numberOfKeys: 1 },
  dgAttend: { lua: ATTEND, numberOfKeys: 1 },
  dgDue: { lua: DUE, numberOfKeys: 1 },
  dgRefresh: { lua: REFRESH },
  dgLowest: { lua: LOWEST, numberOfKeys: 1 },
  dgWaits: { lua: WAITS, numberOfKeys: 1 },
  dgShareTake: { lua: shareTake(CLOCK, TELL), numberOfKeys: 1 },
  dgShareDone: { lua: shareDone(POSITIONS, TELL) },
  ...LEDGER_SCRIPTS,
  ...DEAD_LETTER_SCRIPTS,
  dgAnnounce: { lua: ANNOUNCE, numberOfKeys: 1 },
  dgAnnounced: { lua: ANNOUNCED, numberOfKeys: 1 },
} as const;
