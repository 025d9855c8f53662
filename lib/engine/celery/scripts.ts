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

const script = (body: string): string => `${PRELUDE}${body}`;

/**
 * ARGV: prefix, tag, visibility timeout (ms), shared lists first ("1"/"0"), number of shared lists, those, number of own queues, for each: its name, suffix and
 * whether this worker takes from it, then the tenants that have their share. Brings back what is due and what was lost, then takes one message.
 * Returns the next due time (ms from now, -1 for none), and tenant, list and message where there is one.
 * A client whose connection broke sends its command again: the second time it gets what it took the first time, which nobody else would ever find.
 */
export const TAKE = script(`
local tag, visibility, sharedFirst = ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', key('delayed'), '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', key('delayed'), entry)
  putEntry(entry, false)
end
for _, lost in ipairs(redis.call('ZRANGEBYSCORE', key('unacked_index'), '-inf', (now - visibility) / 1000, 'LIMIT', 0, 100)) do
  local entry = redis.call('HGET', key('unacked'), lost)
  ack(lost)
  if entry then putEntry(entry, true) end
end
local at = 5
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
`);

/**
 * ARGV: prefix, tag to acknowledge or "", dispatch, call that is settled or "", most open calls, seconds to remember, then for each message: name, tenant, list, message.
 * Sends each message at most once per dispatch, while there is room, and acknowledges. Returns how many it sent.
 */
export const PUBLISH = script(`
local tag, dispatch, settled, room, remember = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local sent, open = key('run:' .. dispatch .. ':sent'), key('run:' .. dispatch .. ':open')
if settled ~= '' then redis.call('SREM', open, settled) end
local count = 0
for index = 7, #ARGV, 4 do
  if redis.call('SCARD', open) >= room then break end
  if redis.call('SADD', sent, ARGV[index]) == 1 then
    redis.call('SADD', open, ARGV[index])
    put(ARGV[index + 1], prefix .. ARGV[index + 2], ARGV[index + 3], false)
    count = count + 1
  end
end
redis.call('EXPIRE', sent, remember)
redis.call('EXPIRE', open, remember)
if tag ~= '' then ack(tag) end
if count > 0 then redis.call('PUBLISH', key('wake'), count) end
return count
`);

/** ARGV: prefix, tag to acknowledge or "", dispatch, how it ended ("@ended", "@cancelled"), seconds to remember. Returns 1 for whoever is first to end it. */
export const FINISH = script(`
local tag, dispatch, how, remember = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local sent, open = key('run:' .. dispatch .. ':sent'), key('run:' .. dispatch .. ':open')
local first = redis.call('SISMEMBER', sent, '@ended') + redis.call('SISMEMBER', sent, '@cancelled') == 0
redis.call('SADD', sent, '@start', how)
redis.call('EXPIRE', sent, remember)
redis.call('DEL', open)
if tag ~= '' then ack(tag) end
return first and 1 or 0
`);

/** ARGV: prefix, tag, delay from now (ms), or "" and the time (ms since the epoch). Moves an unacked message to the delay set; 0 when it is unacked no more. */
export const DELAY = script(`
local tag, after, due = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local entry = redis.call('HGET', key('unacked'), tag)
if not entry then return 0 end
ack(tag)
redis.call('ZADD', key('delayed'), after and now + after or due, entry)
return 1
`);

/** ARGV: prefix, tags. Says that their messages are still worked on. */
export const RENEW = script(`
for index = 2, #ARGV do redis.call('ZADD', key('unacked_index'), 'XX', now / 1000, ARGV[index]) end
return 0
`);

/** ARGV: prefix, tags. Gives their messages back, to be taken next. */
export const RELEASE = script(`
for index = 2, #ARGV do
  local entry = redis.call('HGET', key('unacked'), ARGV[index])
  if entry and ack(ARGV[index]) == 1 then putEntry(entry, true) end
end
redis.call('PUBLISH', key('wake'), #ARGV)
return 0
`);

/** ARGV: prefix, tag. */
export const ACKNOWLEDGE = script(`return ack(ARGV[2])`);

/** ARGV: prefix, ids of tasks. Makes due at once what others sent to be done later, so that a revoked task has its end now. */
export const HASTEN = script(`
for _, entry in ipairs(redis.call('ZRANGE', key('delayed'), 0, -1)) do
  if string.sub(entry, 1, 1) == '\\n' then
    for index = 2, #ARGV do
      if string.find(entry, ARGV[index], 1, true) then redis.call('ZADD', key('delayed'), 'XX', now, entry) end
    end
  end
end
redis.call('PUBLISH', key('wake'), 1)
return 0
`);
