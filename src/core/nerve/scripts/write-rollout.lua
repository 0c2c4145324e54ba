--[[
Writes fields of a rollout if, and only if, the writer still holds it: the fence of DESIGN section 2, principle 3.

KEYS[1]  rollout:<id> (hash)
ARGV[1]  epoch of the writing coordinator (integer)
ARGV[2]  field, ARGV[3] value, and so on in pairs

Result   1 written; 0 refused: another coordinator has taken over
]]
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return 0
end
for at = 2, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
end
return 1
