/**
 * What changes several keys of the broker does so in one Lua script: a message is in a list, in the unacked set or in the delay set, never in none, whenever a worker dies.
 * Times are the broker's own. The keys are computed, so a Redis cluster is not supported.
 *
 * An entry of the unacked and delay sets is "TENANT\nLIST\nMESSAGE"; without a tenant the message came from a queue that others write to.
 */

const PRELUDE = `
local prefix = ARGV[1]
local function key(name) return prefix .. 'prompt-studio.' .. name end
-- Redis 6 needs to be told before it lets a script read the time and then write.
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function put(tenant, list, raw, first)
  redis.call(first and 'RPUSH' or 'LPUSH', list, raw)
  if tenant ~= '' and not redis.call('ZSCORE', key('tenants'), tenant) then
    redis.call('ZADD', key('tenants'), redis.call('INCR', key('turn')), tenant)
  end
end
local function parts(entry)
  local tenantEnd = string.find(entry, '\\n', 1, true)
  local listEnd = string.find(entry, '\\n', tenantEnd + 1, true)
  return string.sub(entry, 1, tenantEnd - 1), string.sub(entry, tenantEnd + 1, listEnd - 1), string.sub(entry, listEnd + 1)
end
local function putEntry(entry, first)
  local tenant, list, raw = parts(entry)
  put(tenant, list, raw, first)
end
local function ack(tag)
  redis.call('ZREM', key('unacked_index'), tag)
  return redis.call('HDEL', key('unacked'), tag)
end
`;

/**
 * `take(at)` brings back what is due and what was lost, then takes one message. ARGV from `at` on: tag, shared lists first ("1"/"0"), visibility timeout (ms), number of shared
 * lists, those, number of own queues, for each: its name, suffix and whether this worker takes from it, then the tenants that have their share.
 * Returns the next due time (ms from now, -1 for none), and tenant, list and message where there is one.
 * A client whose connection broke sends its command again: the second time it gets what it took the first time, which nobody else would ever find.
 */
const TAKING = `
local function take(at)
  local tag, sharedFirst, visibility = ARGV[at], ARGV[at + 1] == '1', tonumber(ARGV[at + 2])
  for _, entry in ipairs(redis.call('ZRANGEBYSCORE', key('delayed'), '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', key('delayed'), entry)
    putEntry(entry, false)
  end
  for _, lost in ipairs(redis.call('ZRANGEBYSCORE', key('unacked_index'), '-inf', (now - visibility) / 1000, 'LIMIT', 0, 100)) do
    local entry = redis.call('HGET', key('unacked'), lost)
    ack(lost)
    if entry then putEntry(entry, true) end
  end
  at = at + 3
  local shared = {}
  for _ = 1, tonumber(ARGV[at]) do at = at + 1; shared[#shared + 1] = ARGV[at] end
  at = at + 1
  local own = {}
  for _ = 1, tonumber(ARGV[at]) do
    own[#own + 1] = { ARGV[at + 1], ARGV[at + 2], ARGV[at + 3] == '1' }
    at = at + 3
  end
  local full = {}
  for index = at + 1, #ARGV do full[ARGV[index]] = true end

  local function taken(tenant, list, raw)
    redis.call('HSET', key('unacked'), tag, tenant .. '\\n' .. list .. '\\n' .. raw)
    redis.call('ZADD', key('unacked_index'), now / 1000, tag)
    return { tenant, list, raw }
  end
  local function fromShared()
    for _, list in ipairs(shared) do
      local raw = redis.call('RPOP', list)
      if raw then return taken('', list, raw) end
    end
  end
  local function fromTenants()
    for _, tenant in ipairs(redis.call('ZRANGE', key('tenants'), 0, -1)) do
      if not full[tenant] then
        local empty = true
        for _, queue in ipairs(own) do
          local list = prefix .. queue[1] .. '@' .. tenant .. queue[2]
          local raw = queue[3] and redis.call('RPOP', list)
          if raw then
            redis.call('ZADD', key('tenants'), redis.call('INCR', key('turn')), tenant)
            return taken(tenant, list, raw)
          end
          if not queue[3] and redis.call('EXISTS', list) == 1 then empty = false end
        end
        if empty then redis.call('ZREM', key('tenants'), tenant) end
      end
    end
  end
  local message
  local before = redis.call('HGET', key('unacked'), tag)
  if before then
    local tenant, list, raw = parts(before)
    message = { tenant, list, raw }
  elseif sharedFirst then message = fromShared() or fromTenants() else message = fromTenants() or fromShared() end
  local nextDue = redis.call('ZRANGE', key('delayed'), 0, 0, 'WITHSCORES')
  local wait = nextDue[2] and math.max(0, math.ceil(nextDue[2] - now)) or -1
  if not message then return { wait } end
  return { wait, message[1], message[2], message[3] }
end
`;

/**
 * `send(first, count)` sends each of the messages (name, tenant, list, message; from ARGV[first] on) at most once per dispatch, while there is room, and returns how many
 * of them have been sent by now, by whomever. `wake(taken)` tells the workers, unless the only message that was sent is the one that its sender took.
 */
const SENDING = `
local dispatch, room, remember = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local function memory(what) return key('run:' .. dispatch .. ':' .. what) end
local sent, open, settled = memory('sent'), memory('open'), memory('settled')
local pushed = {}
local function send(first, count)
  local looked = 0
  while looked < count and redis.call('SCARD', open) < room do
    local index = first + 4 * looked
    if redis.call('SADD', sent, ARGV[index]) == 1 then
      redis.call('SADD', open, ARGV[index])
      put(ARGV[index + 1], prefix .. ARGV[index + 2], ARGV[index + 3], false)
      pushed[#pushed + 1] = ARGV[index + 3]
    end
    looked = looked + 1
  end
  for _, name in ipairs({ sent, open, settled }) do redis.call('EXPIRE', name, remember) end
  return looked
end
local function wake(taken)
  if #pushed > 1 or #pushed == 1 and pushed[1] ~= taken then redis.call('PUBLISH', key('wake'), #pushed) end
end
`;

/** ARGV: prefix, then what `take` needs. */
export const TAKE = `${PRELUDE}${TAKING}return take(2)`;

/** ARGV: prefix, dispatch, most open calls, seconds to remember, then for each message: name, tenant, list, message. */
export const PUBLISH = `${PRELUDE}${SENDING}
send(5, (#ARGV - 4) / 4)
wake()
return 0
`;

/**
 * ARGV: prefix, dispatch, most open calls, seconds to remember, call that is settled, tag of its message, the last place that its worker has heard of or "", whether there is
 * more to send than is given, whether the run may be left with nothing open ("1"/"0"), number of calls that are known though they were not heard of, those, number of
 * messages, those, and what `take` needs, or "" to take nothing.
 *
 * Settled calls have places in a row, by the time at which they were settled first; no two have the same. A message is acknowledged only when its worker knows every call
 * that has a place before its own, so of all that a call waits for, the one with the last place has a worker that knows the others, too. A place that was heard of and is gone
 * says that Redis lost what it had.
 *
 * Returns what came of it, the last place, the number of open calls, how many of the messages have been sent by now, the calls that were not heard of, those that are open
 * where the worker has to choose others, and what was taken. "done" and "over" (the dispatch has ended) have acknowledged and taken. Otherwise the worker asks again, when it
 * knows more: it is "behind" others that have settled, has "room" for more messages, would leave the "last" one, or Redis "forgot".
 */
export const SETTLE = `${PRELUDE}${TAKING}${SENDING}
local call, tag, heard = ARGV[5], ARGV[6], ARGV[7]
local known = { [call] = true }
for index = 11, 10 + ARGV[10] do known[ARGV[index]] = true end
local messagesAt = 12 + ARGV[10]
local count = tonumber(ARGV[messagesAt - 1])
local takeAt = messagesAt + 4 * count
local function acknowledge()
  ack(tag)
  return ARGV[takeAt] == '' and {} or take(takeAt)
end
if redis.call('SISMEMBER', sent, '@ended') + redis.call('SISMEMBER', sent, '@cancelled') > 0 then return { 'over', '', 0, 0, {}, {}, acknowledge() } end

local function lastPlace() return redis.call('ZRANGE', settled, -1, -1, 'WITHSCORES')[2] end
if not redis.call('ZSCORE', settled, call) then
  -- Milliseconds and microseconds are whole numbers that a score holds exactly; as text they would be rounded without a format.
  redis.call('ZADD', settled, string.format('%.0f', math.max(time[1] * 1000000 + time[2], (lastPlace() or 0) + 1)), call)
end
local own = tonumber(redis.call('ZSCORE', settled, call))
local what, unheard = 'done', {}
if heard ~= '' and #redis.call('ZRANGEBYSCORE', settled, heard, heard) == 0 then
  what = 'forgot'
else
  local places = redis.call('ZRANGEBYSCORE', settled, heard == '' and '-inf' or '(' .. heard, '+inf', 'WITHSCORES')
  for index = 1, #places, 2 do
    if not known[places[index]] then
      unheard[#unheard + 1] = places[index]
      if tonumber(places[index + 1]) < own then what = 'behind' end
    end
  end
end
local wasOpen = redis.call('SREM', open, call)
local looked = send(messagesAt, count)
local left = redis.call('SCARD', open)
if what == 'done' and ARGV[8] == '1' and left < room then what = 'room' end
if what == 'done' and ARGV[9] == '0' and left == 0 then what = 'last' end
local taken = {}
if what == 'done' then taken = acknowledge() elseif wasOpen == 1 then redis.call('SADD', open, call) end
wake(taken[4])
return { what, lastPlace(), left, looked, unheard, what == 'room' and redis.call('SMEMBERS', open) or {}, taken }
`;

/** ARGV: prefix, tag to acknowledge or "", dispatch, how it ended ("@ended", "@cancelled"), seconds to remember. Returns 1 for whoever is first to end it. */
export const FINISH = `${PRELUDE}
local tag, dispatch, how, remember = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sent, open = key('run:' .. dispatch .. ':sent'), key('run:' .. dispatch .. ':open')
local first = redis.call('SISMEMBER', sent, '@ended') + redis.call('SISMEMBER', sent, '@cancelled') == 0
redis.call('SADD', sent, '@start', how)
redis.call('EXPIRE', sent, remember)
redis.call('DEL', open, key('run:' .. dispatch .. ':settled'))
if tag ~= '' then ack(tag) end
return first and 1 or 0
`;

/** ARGV: prefix, tag, delay from now (ms), or "" and the time (ms since the epoch). Moves an unacked message to the delay set; 0 when it is unacked no more. */
export const DELAY = `${PRELUDE}
local tag, after, due = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local entry = redis.call('HGET', key('unacked'), tag)
if not entry then return 0 end
ack(tag)
redis.call('ZADD', key('delayed'), after and now + after or due, entry)
return 1
`;

/** ARGV: prefix, tags. Says that their messages are still worked on. */
export const RENEW = `${PRELUDE}
for index = 2, #ARGV do redis.call('ZADD', key('unacked_index'), 'XX', now / 1000, ARGV[index]) end
return 0
`;

/** ARGV: prefix, tags. Gives their messages back, to be taken next. */
export const RELEASE = `${PRELUDE}
for index = 2, #ARGV do
  local entry = redis.call('HGET', key('unacked'), ARGV[index])
  if entry and ack(ARGV[index]) == 1 then putEntry(entry, true) end
end
redis.call('PUBLISH', key('wake'), #ARGV)
return 0
`;

/** ARGV: prefix, tag. */
export const ACKNOWLEDGE = `${PRELUDE}return ack(ARGV[2])`;

/** ARGV: prefix, ids of tasks. Makes due at once what others sent to be done later, so that a revoked task has its end now. */
export const HASTEN = `${PRELUDE}
for _, entry in ipairs(redis.call('ZRANGE', key('delayed'), 0, -1)) do
  if string.sub(entry, 1, 1) == '\\n' then
    for index = 2, #ARGV do
      if string.find(entry, ARGV[index], 1, true) then redis.call('ZADD', key('delayed'), 'XX', now, entry) end
    end
  end
end
redis.call('PUBLISH', key('wake'), 1)
return 0
`;
