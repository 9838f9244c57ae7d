import { ALLOW_OOM, CLOCK, HOLD, NEWS_CHUNK_BYTES, POSITIONS, STATE, TELL } from "./lua.ts";

/*
 * A run's ledger is a text that processes compute and the server stores, where it is still what they computed it from. A claim changes its own task and nothing
 * else, and nothing that others decide depends on whether a task that they leave alone has been claimed meanwhile. So claims do not compete: they are put into
 * whatever the ledger has become, and a transition keeps the claims that were made since. Nobody is told of them either.
 */

/** How long a ledger may be to be published with the news of it. */
const NEWS_BYTES = 8192;

/** A ledger's text: the lines of its tasks lie between the first one, which has all else, and the last one. */
const LINES = `
local function linesOf(text)
  local lines = {}
  for line in string.gmatch(text, '[^\\n]+') do lines[#lines + 1] = line end
  return lines
end
-- The line of task k: the one after the first is that of task 0.
local function place(k) return tonumber(k) + 2 end
`;

/**
 * Claims tasks that are as the claimer believes. KEYS after the run's: the streams of ARGV[7].
 * ARGV: known rev, the claimer's channel, what a ledger of a known format begins with, lease in ms, claims (task:token:deadline in ms or '', comma-separated), owners (stream:token,
 * comma-separated), streams whose readers are to be told of new values (comma-separated), then of each task: its index, its line before, its line after.
 * Reply: 'LOST' | {0, {}, state…} when one of them is otherwise | {1, chunks, state before…} | {2, chunks, state…} when all that was done before. The chunks are
 * those that the streams begin with, where they are small: stream, id, its fields and their values.
 */
const CLAIM = `${ALLOW_OOM}
${STATE}${CLOCK}${HOLD}${LINES}${TELL}
local ledger = redis.call('HGET', KEYS[1], 'ledger')
if not ledger then return 'LOST' end
local reply, lines = state(ARGV[1]), linesOf(ledger)
local asBefore, asAfter = string.sub(ledger, 1, #ARGV[3]) == ARGV[3], true
for a = 8, #ARGV, 3 do
  local line = lines[place(ARGV[a])]
  asBefore = asBefore and line == ARGV[a + 1]
  asAfter = asAfter and line == ARGV[a + 2]
  lines[place(ARGV[a])] = ARGV[a + 2]
end
local done, chunks, k = asBefore and 1 or asAfter and 2 or 0, {}, 1
note('m', ARGV[2])
for i in string.gmatch(done > 0 and ARGV[7] or '', '[^,]+') do
  k = k + 1
  note('w' .. i, ARGV[2])
  local found = redis.call('XREAD', 'COUNT', 1, 'STREAMS', KEYS[k], '0-0')
  local entry = found and found[1][2][1]
  if entry and #entry[2][6] <= ${NEWS_CHUNK_BYTES} then chunks[#chunks + 1] = {i, entry[1], entry[2]} end
end
if done == 1 then
  redis.call('HSET', KEYS[1], 'rev', reply[1] + 1, 'ledger', table.concat(lines, '\\n'))
  hold(ARGV[5], serverTime(), tonumber(ARGV[4]))
  for i, token in string.gmatch(ARGV[6], '(%d+):([^,]+)') do redis.call('HSET', KEYS[1], 'o' .. i, token) end
end
table.insert(reply, 1, chunks)
table.insert(reply, 1, done)
return reply`;

/**
 * Changes the run's ledger if it is at the revision the change was made for, or tasks that it leaves alone were claimed since.
 * ARGV: expected rev, ledger, lines before of the tasks that it changes (task:line, one under the other), the channel of who changes it, ttl ('' while the run goes on), lease in ms, claims
 * (task:token:deadline in ms or '', comma-separated), tasks that nobody performs any more (comma-separated; 'f': nobody supplies the inputs), number of streams in
 * KEYS, then per stream: stream, new owner or '-', ended ('', 'end' or 'drop'), released fields (comma-separated or ''), retain, consumers, output.
 * Reply: 'LOST' | {0, state…} when it cannot be made | {1, rev, the ledger where others had claimed tasks or '', then of each stream of KEYS how many values it has}.
 */
const TRANSITION = `${ALLOW_OOM}
${STATE}${POSITIONS}${HOLD}${LINES}${TELL}
local m = redis.call('HMGET', KEYS[1], 'rev', 'tr')
if not m[1] then return 'LOST' end
local ledger, merged = ARGV[2], ''
local function conflict()
  local reply = state(ARGV[1])
  table.insert(reply, 1, 0)
  return reply
end
if m[1] ~= ARGV[1] then
  if tonumber(m[2] or 0) > tonumber(ARGV[1]) then return conflict() end
  local lines, now, mine = linesOf(ledger), linesOf(redis.call('HGET', KEYS[1], 'ledger')), {}
  for k, line in string.gmatch(ARGV[3], '(%d+):([^\\n]*)') do
    if now[place(k)] ~= line then return conflict() end
    mine[place(k)] = true
  end
  for k = place(0), #now - 1 do if not mine[k] then lines[k] = now[k] end end
  ledger = table.concat(lines, '\\n')
  merged = ledger
end
local rev, now = tonumber(m[1]) + 1, serverTime()
local reply, tops = {1, rev, merged}, {}
redis.call('HSET', KEYS[1], 'rev', rev, 'tr', rev, 'ledger', ledger)
hold(ARGV[7], now, tonumber(ARGV[6]))
for task in string.gmatch(ARGV[8], '[^,]+') do redis.call('HDEL', KEYS[1], 'k' .. task, 'l' .. task) end
for k = 1, tonumber(ARGV[9]) do
  local a = 9 + (k - 1) * 7
  local i, owner, ended, released = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4]
  if owner ~= '-' then redis.call('HSET', KEYS[1], 'o' .. i, owner) end
  if ended ~= '' then redis.call('HSET', KEYS[1], 'e' .. i, 1) end
  if released ~= '' then
    for c in string.gmatch(released, '[^,]+') do redis.call('HSET', KEYS[1], 'p' .. i .. ':' .. c, 'x') end
  end
  if ended == 'drop' then redis.call('DEL', KEYS[1 + k])
  elseif released ~= '' and ARGV[a + 5] == 'unread' then trim(i, KEYS[1 + k], ARGV[a + 6], ARGV[a + 7], now) end
  if ARGV[5] ~= '' then redis.call('PEXPIRE', KEYS[1 + k], ARGV[5]) end
  local top = redis.call('HGET', KEYS[1], 't' .. i)
  reply[#reply + 1] = top
  tops[k] = i .. '=' .. top
end
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'over', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
-- Who knows the transition before needs nothing but this one.
local news = 'l:' .. rev .. ':' .. (m[2] or 0)
-- A short one comes along, so that nobody needs to ask for it.
if #ledger <= ${NEWS_BYTES} then news = news .. ':' .. table.concat(tops, ',') .. ':' .. ledger end
tell(redis.call('HGET', KEYS[1], 'm'), news, ARGV[4])
return reply`;

/**
 * What a process should know of a run. ARGV: known rev, the process's channel, then streams whose readers here wait
 * (comma-separated), and streams whose writers here wait. Reply: nil, or the state.
 */
const SYNC = `${ALLOW_OOM}
${STATE}${TELL}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
note('m', ARGV[2])
for i in string.gmatch(ARGV[3], '[^,]+') do note('w' .. i, ARGV[2]) end
for i in string.gmatch(ARGV[4], '[^,]+') do note('g' .. i, ARGV[2]) end
return state(ARGV[1])`;

/** All there is to know of a run. ARGV: the channel of who will follow it. Reply: nil, or {record, state...}. */
const OPEN = `${ALLOW_OOM}
${STATE}${TELL}
local record = redis.call('HGET', KEYS[1], 'record')
if not record then return false end
note('m', ARGV[1])
local reply = state('')
table.insert(reply, 1, record)
return reply`;

export const LEDGER_SCRIPTS = {
  dgClaim: { lua: CLAIM },
  dgTransition: { lua: TRANSITION },
  dgSync: { lua: SYNC, numberOfKeys: 1 },
  dgOpen: { lua: OPEN, numberOfKeys: 1 },
} as const;
