--[[
Takes a lease when it is free, or prolongs it when the holder has it.

KEYS[1]  lease (string with expiry)
ARGV[1]  name of the holder
ARGV[2]  time to live (milliseconds)

Result   1 the holder has it now; 0 another one has it
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
