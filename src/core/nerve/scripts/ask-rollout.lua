--[[
Leaves a wish with the coordinator that holds a rollout, or says why it cannot be obeyed. Durable first: the wish is a
field of the rollout's hash, which the coordinator reads before each order; the publication only wakes it up.

KEYS[1]  rollout:<id> (hash)
ARGV[1]  the wish, as JSON with `id` and `action`
ARGV[2]  the rollout's states in which it makes sense, separated by spaces
ARGV[3]  actions of a waiting wish that it takes the place of, separated by spaces
ARGV[4]  channel of the rollout's wishes

Result   { name, detail }:
         asked      id of the wish: written
         same       id of the wish that waits already and asks for the same
         unknown    '': there is no such rollout, or its record cannot be read
         state      the state, in which the wish makes no sense
         unheld     the state: no coordinator holds the rollout, or none that is alive
         overruled  the waiting wish, as JSON, which goes before this one
]]
local function has(words, word)
  return string.find(' ' .. words .. ' ', ' ' .. word .. ' ', 1, true) ~= nil
end
local function decoded(text)
  local ok, value = pcall(cjson.decode, text or '')
  return ok and type(value) == 'table' and value or {}
end

local fields = redis.call('HMGET', KEYS[1], 'record', 'wish', 'answered', 'heldUntil')
local wish = decoded(ARGV[1])
local state = decoded(fields[1]).state
if type(state) ~= 'string' then
  return { 'unknown', '' }
end
-- What is no wish, because somebody else wrote it or it is damaged, is in nobody's way.
local waiting = decoded(fields[2])
local actions = 'pause resume abort rollback'
local isWish = type(waiting.id) == 'string' and type(waiting.by) == 'string' and type(waiting.at) == 'number'
  and type(waiting.action) == 'string' and has(actions, waiting.action)
if not isWish or waiting.id == fields[3] then
  waiting = {}
end
-- A pause that was not obeyed yet can be taken back.
local takesBack = wish.action == 'resume' and waiting.action == 'pause'
if not has(ARGV[2], state) and not takesBack then
  return { 'state', state }
end
local time = redis.call('TIME')
if (tonumber(fields[4] or '0') or 0) <= time[1] * 1000 + math.floor(time[2] / 1000) then
  return { 'unheld', state }
end
if waiting.id then
  if waiting.action == wish.action then
    return { 'same', waiting.id }
  end
  if not has(ARGV[3], waiting.action) then
    return { 'overruled', fields[2] }
  end
end
redis.call('HSET', KEYS[1], 'wish', ARGV[1])
redis.call('PUBLISH', ARGV[4], wish.id)
return { 'asked', wish.id }
