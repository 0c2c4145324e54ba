--[[
Takes a rollout over for one coordinator, or refuses because a newer one holds it.

KEYS[1]  rollout:<id> (hash)
ARGV[1]  epoch of the claiming coordinator (integer, from INCR swarm:epoch)

Result   1 claimed; 0 refused: the rollout is held by the same or a newer epoch
]]
local held = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
if held >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
return 1
