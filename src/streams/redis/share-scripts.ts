import { SUSPECT_DELIVERIES } from "../share.ts";

/**
 * How replicas share an input, in the run's hash; `../shared-input.ts` does the same in memory. Field `s{task}`: JSON of
 *
 * - `n`: of each lane the first value that nobody took,
 * - `o`: of each lane what is not done, in order: `{from, until, owner's task or -1, times handed out, number of the asking}`,
 * - `w`: the replicas that have asked, with their tokens; `q`: what their last asking had for a number,
 * - `h`: what is held until its turn: `{from, [output, values, bytes], …}`, its bytes in `s{task}:{from}:{place in this list}`; `hb`: how many bytes.
 *
 * `sw{task}` is set while a replica waits for what others give back or get done.
 */
const SHARED = `
local function load(k, lanes)
  local text = redis.call('HGET', KEYS[1], 's' .. k)
  if text then return cjson.decode(text) end
  local s = {n = {}, o = {}, w = {}, q = {}, h = {}, hb = 0}
  for l = 1, lanes do s.n[l] = 0; s.o[l] = {} end
  return s
end
local function save(k, s) redis.call('HSET', KEYS[1], 's' .. k, cjson.encode(s)) end
local function floorOf(s, l)
  local first = s.o[l][1]
  return first and first[1] or s.n[l]
end
local function floorOfAll(s)
  local floor = floorOf(s, 1)
  for l = 2, #s.n do floor = math.min(floor, floorOf(s, l)) end
  return floor
end
`;

/**
 * Hands out values. ARGV[1]: JSON: k the task of the record, i the replica's, t its token, s the input, lanes, order, max, min, ask (the number of this
 * asking), window, held (bytes that may be held), channel. Reply: 'LOST' | 'FENCED' | {values of the input, '1' if it has ended, '1' if all are done, how many
 * nobody has taken, then of each span lane, from, until, times handed out}.
 */
export const shareTake = (clock: string, tell: string) => `${clock}${tell}${SHARED}
local a = cjson.decode(ARGV[1])
local m = redis.call('HMGET', KEYS[1], 't' .. a.s, 'e' .. a.s, 'k' .. a.i)
if not m[1] then return 'LOST' end
if m[3] ~= a.t then return 'FENCED' end
local top, ended, me, who = tonumber(m[1]), m[2], a.i, tostring(a.i)
local s = load(a.k, a.lanes)
local given, live = {}, 0
local function free(owner)
  for l = 1, #s.n do for _, r in ipairs(s.o[l]) do if r[3] == owner then r[3] = -1 end end end
end
if s.w[who] ~= a.t then
  free(me)
  s.w[who] = a.t
  s.q[who] = nil
end
for other, token in pairs(s.w) do
  if redis.call('HGET', KEYS[1], 'k' .. other) == token then live = live + 1
  else
    free(tonumber(other))
    s.w[other] = nil
    s.q[other] = nil
  end
end
local function give(l, r)
  given[#given + 1] = l - 1
  given[#given + 1] = r[1]
  given[#given + 1] = r[2]
  given[#given + 1] = r[4]
end
-- Who has a suspect gets no other one: should it die, there is no doubt of what.
local suspects = 1
for l = 1, #s.n do for _, r in ipairs(s.o[l]) do if r[3] == me and r[4] > ${SUSPECT_DELIVERIES} then suspects = 0 end end end
local function takeFree(l, max)
  local kept, left, inOrder = {}, max, #s.n > 1
  for _, r in ipairs(s.o[l]) do
    local suspect = r[4] >= ${SUSPECT_DELIVERIES}
    if r[3] ~= -1 or left <= 0 or (suspect and suspects == 0) then
      if inOrder and r[3] == -1 then left = 0 end
      kept[#kept + 1] = r
    else
      local from = r[1]
      while from < r[2] and left > 0 do
        local till = math.min(r[2], from + left)
        if r[4] > 0 then till = from + 1 end
        local part = {from, till, me, r[4] + 1, a.ask}
        kept[#kept + 1] = part
        give(l, part)
        left = left - (till - from)
        from = till
        if suspect then
          suspects = 0
          if inOrder and from < r[2] then left = 0 end
          break
        end
      end
      if from < r[2] then kept[#kept + 1] = {from, r[2], -1, r[4], 0} end
    end
  end
  s.o[l] = kept
  return left
end
local function isBehind(l)
  for _, r in ipairs(s.o[l]) do if r[3] == -1 then return true end end
  return false
end
local function takeNext(l, size)
  local part = {s.n[l], s.n[l] + size, me, 1, a.ask}
  s.n[l] = s.n[l] + size
  s.o[l][#s.o[l] + 1] = part
  give(l, part)
end
if s.q[who] == a.ask then
  -- The reply was lost, and the command sent again.
  for l = 1, #s.n do for _, r in ipairs(s.o[l]) do if r[3] == me and r[5] == a.ask then give(l, r) end end end
elseif #s.n == 1 then
  local left, available = takeFree(1, a.max), top - s.n[1]
  local early = a.order == 'input' and (s.n[1] - floorOf(s, 1) >= a.window or s.hb >= a.held)
  if left > 0 and available > 0 and not early and (available >= a.min or ended) then
    takeNext(1, math.min(left, available, math.max(a.min, math.ceil(available / live))))
  end
else
  local lanes, held, others, fair = {}, 0, {}, math.ceil(#s.n / live)
  for l = 1, #s.n do
    local mine, taken, some = false, false, s.n[l] < top
    for _, r in ipairs(s.o[l]) do
      if r[3] == me then mine = true elseif r[3] == -1 then some = true else taken = true end
    end
    if mine then
      held = held + 1
      if held <= fair and some then lanes[#lanes + 1] = l end
    elseif some and not taken then others[#others + 1] = l end
  end
  table.sort(others, function(x, y)
    local fx, fy = floorOf(s, x), floorOf(s, y)
    return fx < fy or (fx == fy and x < y)
  end)
  for n = 1, math.min(#others, fair - held) do lanes[#lanes + 1] = others[n] end
  local size = math.ceil(a.max * #s.n / math.max(#lanes, 1))
  for _, l in ipairs(lanes) do
    local before, available = #given, top - s.n[l]
    takeFree(l, size)
    if #given == before and available > 0 and not isBehind(l) then takeNext(l, math.min(size, available)) end
  end
end
local out, least = ended and floorOfAll(s) >= top and '1' or '0', top
for l = 1, #s.n do least = math.min(least, s.n[l]) end
s.q[who] = a.ask
save(a.k, s)
local p = 'p' .. a.s .. ':' .. a.k
-- From here on it counts as a reader.
if redis.call('HEXISTS', KEYS[1], p) == 0 then redis.call('HSET', KEYS[1], p, '0:0:' .. serverTime()) end
if #given == 0 then
  redis.call('HSET', KEYS[1], 'sw' .. a.k, 1)
  note('w' .. a.s, a.channel)
end
local reply = {top, ended and '1' or '0', out, top - least}
for _, x in ipairs(given) do reply[#reply + 1] = x end
return reply`;

/**
 * Takes spans as done, writes what came of them, or keeps it until its turn; takes spans back. KEYS: run, input, outputs. ARGV[1]: JSON: k, i, t, s,
 * order, c consumers, o whether outside readers count, r retain, ttl, outs {s, c, o} in the order of KEYS, spans {lane, from, until}, chunks
 * {span or 0 where that does not matter, out, values}, back {lane, from, until, number of its asking, or -1 for all: then it may have been begun}; then the bytes of the chunks. Spans of one command are done together, or were.
 * Reply: 'LOST' | 'FENCED' | 'ENDED' | {'OK', of each output {values, bytes, consumers' positions…}}.
 */
export const shareDone = (positions: string, tell: string) => `${positions}${tell}${SHARED}
local a = cjson.decode(ARGV[1])
local rev = redis.call('HEXISTS', KEYS[1], 'rev')
if rev == 0 then return 'LOST' end
if redis.call('HGET', KEYS[1], 'k' .. a.i) ~= a.t then return 'FENCED' end
local s, now, foreign = load(a.k, 1), serverTime(), false
-- Cuts a span out of what is open; 'false' when it was done already.
local function cut(span, give)
  local l, from, till = span[1] + 1, span[2], span[3]
  local kept, covered = {}, 0
  for _, r in ipairs(s.o[l]) do
    local first, last = math.max(r[1], from), math.min(r[2], till)
    if first >= last then kept[#kept + 1] = r
    else
      local mine = r[3] == a.i and (not give or r[5] == span[4] or span[4] == -1)
      if not mine and not give then foreign = true end
      covered = covered + last - first
      if r[1] < first then kept[#kept + 1] = {r[1], first, r[3], r[4], r[5]} end
      if give and mine then kept[#kept + 1] = {first, last, -1, span[4] == -1 and math.min(r[4], 1) or r[4] - 1, 0}
      elseif give then kept[#kept + 1] = {first, last, r[3], r[4], r[5]} end
      if last < r[2] then kept[#kept + 1] = {last, r[2], r[3], r[4], r[5]} end
    end
  end
  if covered == 0 then return false end
  if covered ~= till - from and not give then foreign = true end
  s.o[l] = kept
  return true
end
local isNew = false
for _, span in ipairs(a.spans) do if cut(span, false) then isNew = true end end
for _, span in ipairs(a.back) do cut(span, true) end
if foreign then return 'FENCED' end
local function append(out, count, body)
  local i, key = a.outs[out].s, KEYS[2 + out]
  local top = tonumber(redis.call('HGET', KEYS[1], 't' .. i))
  local last, bytes = top + count, redis.call('HINCRBY', KEYS[1], 'b' .. i, #body)
  redis.call('HSET', KEYS[1], 't' .. i, last)
  redis.call('XADD', key, string.format('%d-0', last), 'n', count, 'b', bytes, 'v', body)
  if top == 0 then redis.call('PEXPIRE', key, a.ttl) end
  local waiting = redis.call('HGET', KEYS[1], 'w' .. i)
  if waiting then tellValues(waiting, i, last, count, bytes, body) end
end
if isNew then
  for out = 1, #a.outs do if redis.call('HEXISTS', KEYS[1], 'e' .. a.outs[out].s) == 1 then return 'ENDED' end end
end
local floor = floorOfAll(s)
if isNew and a.order ~= 'input' then
  for c, chunk in ipairs(a.chunks) do append(chunk[2], chunk[3], ARGV[1 + c]) end
elseif a.order == 'input' then
  local bodies = {}
  if isNew then
    for c, chunk in ipairs(a.chunks) do
      local from, entry = a.spans[chunk[1]][2], nil
      for _, h in ipairs(s.h) do if h[1] == from then entry = h end end
      if not entry then
        entry = {from}
        s.h[#s.h + 1] = entry
      end
      entry[#entry + 1] = {chunk[2], chunk[3], #ARGV[1 + c]}
      bodies[from .. ':' .. #entry] = ARGV[1 + c]
      s.hb = s.hb + #ARGV[1 + c]
    end
    table.sort(s.h, function(x, y) return x[1] < y[1] end)
  end
  local kept = {}
  for _, h in ipairs(s.h) do
    for e = 2, #h do
      local name = h[1] .. ':' .. e
      local field = 's' .. a.k .. ':' .. name
      if h[1] < floor then
        append(h[e][1], h[e][2], bodies[name] or redis.call('HGET', KEYS[1], field))
        s.hb = s.hb - h[e][3]
        if not bodies[name] then redis.call('HDEL', KEYS[1], field) end
      elseif bodies[name] then redis.call('HSET', KEYS[1], field, bodies[name]) end
    end
    if h[1] >= floor then kept[#kept + 1] = h end
  end
  s.h = kept
end
save(a.k, s)
-- How far the input is done; bytes are known where a chunk ends, and estimated between.
local p = 'p' .. a.s .. ':' .. a.k
local v, b = string.match(redis.call('HGET', KEYS[1], p) or '0:0:0', '^(%d+):(%d+)')
if v and floor > tonumber(v) then
  local m = redis.call('HMGET', KEYS[1], 't' .. a.s, 'b' .. a.s, 'g' .. a.s)
  local top, bytes = tonumber(m[1]), tonumber(m[2])
  v, b = tonumber(v), tonumber(b)
  if floor >= top then b = bytes else b = b + math.floor((bytes - b) * (floor - v) / (top - v)) end
  redis.call('HSET', KEYS[1], p, string.format('%d:%d:%d', floor, b, now), 'd' .. a.s .. ':' .. a.k, string.format('%d', floor))
  if a.r == 'unread' then trim(a.s, KEYS[2], a.c, a.o, now) end
  if m[3] then
    redis.call('HDEL', KEYS[1], 'g' .. a.s)
    tell(m[3], 'c:' .. a.s)
  end
end
if redis.call('HDEL', KEYS[1], 'sw' .. a.k) == 1 then tell(redis.call('HGET', KEYS[1], 'm'), 's:' .. a.k) end
local reply = {'OK'}
for _, out in ipairs(a.outs) do
  local found = positions(out.s, out.c, out.o, now)
  table.insert(found, 1, redis.call('HGET', KEYS[1], 'b' .. out.s))
  table.insert(found, 1, redis.call('HGET', KEYS[1], 't' .. out.s))
  reply[#reply + 1] = found
end
return reply`;
