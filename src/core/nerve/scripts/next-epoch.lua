--[[
A new coordinator epoch, above every one before: also above those that were lost with Redis's data, which agents still
remember, because epochs follow the clock.

KEYS[1]  swarm:epoch (string)
ARGV[1]  time now (milliseconds since 1970)

Result   the epoch, as text: a number of Lua would lose its digits above 2^53
]]
local last = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
local epoch = string.format('%.0f', math.max(last + 1, tonumber(ARGV[1])))
redis.call('SET', KEYS[1], epoch)
return epoch
