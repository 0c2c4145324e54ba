--[[
Appends what the agents of one order answered, one entry each, in one step: who waits for them is woken up once.

KEYS[1]  rollout:<id>:acks (stream)
ARGV     acknowledgements as JSON

Result   how many were appended
]]
for _, json in ipairs(ARGV) do
  redis.call('XADD', KEYS[1], '*', 'json', json)
end
return #ARGV
