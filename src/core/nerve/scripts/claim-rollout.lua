--[[
Takes a rollout over for one coordinator, or refuses because a newer one holds it. What was wished of the one before is
void: who asked sees that another has taken over.

KEYS[1]  rollout:<id> (hash)
ARGV[1]  epoch of the claiming coordinator (integer, from INCR swarm:epoch)
ARGV[2]  name of the coordinator
ARGV[3]  how long it counts as alive from now on (milliseconds)
ARGV[4]  `new`: only if nobody has begun the rollout

Result   1 claimed; 0 refused: the rollout is held by the same or a newer epoch, or is not new
]]
local held = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
local is_begun = ARGV[4] == 'new' and redis.call('HEXISTS', KEYS[1], 'record') == 1
if held >= tonumber(ARGV[1]) or is_begun then
  return 0
end
local time = redis.call('TIME')
local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
redis.call('HDEL', KEYS[1], 'wish', 'answered')
redis.call(
  'HSET', KEYS[1], 'epoch', ARGV[1], 'holder', ARGV[2], 'heldUntil', string.format('%.0f', until_ms)
)
return 1
