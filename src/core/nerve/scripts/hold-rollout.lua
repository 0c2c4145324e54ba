--[[
Says that the coordinator still works on its rollout, and reads the wish that waits for it. Times are of Redis's clock.

KEYS[1]  rollout:<id> (hash)
ARGV[1]  epoch of the coordinator (integer)
ARGV[2]  how long it counts as alive from now on (milliseconds); 0: it lets go of the rollout

Result   the waiting wish as JSON, '' when there is none; nil: another coordinator has taken over
]]
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return nil
end
if ARGV[2] == '0' then
  redis.call('HDEL', KEYS[1], 'heldUntil')
else
  local time = redis.call('TIME')
  local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
  redis.call('HSET', KEYS[1], 'heldUntil', string.format('%.0f', until_ms))
end
local fields = redis.call('HMGET', KEYS[1], 'wish', 'answered')
local ok, wish = pcall(cjson.decode, fields[1] or '')
if not ok or type(wish) ~= 'table' or wish.id == fields[2] then
  return ''
end
return fields[1]
