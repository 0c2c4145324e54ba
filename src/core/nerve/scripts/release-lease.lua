--[[
Frees a lease if, and only if, the holder has it.

KEYS[1]  lease (string with expiry)
ARGV[1]  name of the holder

Result   1 freed; 0 another one has it, or nobody
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
