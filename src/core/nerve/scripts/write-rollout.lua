--[[
Writes fields of a rollout if, and only if, the writer still holds it: the fence of DESIGN section 2, principle 3. It also
prolongs the hold and reads the wish that waits, as `hold-rollout.lua` does, so that the next order needs no call of its own.

KEYS[1]  rollout:<id> (hash)
ARGV[1]  epoch of the writing coordinator (integer)
ARGV[2]  how long it counts as alive from now on (milliseconds)
ARGV[3]  channel on which the change is told; '': more is to come
ARGV[4]  what is told
ARGV[5]  field, ARGV[6] value, and so on in pairs; at most 3,000 pairs

Result   the waiting wish as JSON, '' when there is none; nil: refused, another coordinator has taken over
]]
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return nil
end
local time = redis.call('TIME')
local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
redis.call('HSET', KEYS[1], 'heldUntil', string.format('%.0f', until_ms), unpack(ARGV, 5))
if ARGV[3] ~= '' then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
local fields = redis.call('HMGET', KEYS[1], 'wish', 'answered')
local ok, wish = pcall(cjson.decode, fields[1] or '')
if not ok or type(wish) ~= 'table' or wish.id == fields[2] then
  return ''
end
return fields[1]
