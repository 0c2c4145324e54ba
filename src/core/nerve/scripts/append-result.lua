--[[
Appends a result and publishes it, unless one of the newest entries is the result of the same instruction.

KEYS[1]  results (stream; the channel has the same name)
ARGV[1]  instruction id
ARGV[2]  result as JSON
ARGV[3]  entries kept in the stream (approximately)
ARGV[4]  entries to look back

Result   { 1 appended or 0 it was there before, stream id of the result }
]]
for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[4])) do
  if entry[2][1] == 'id' and entry[2][2] == ARGV[1] then
    return { 0, entry[1] }
  end
end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'id', ARGV[1], 'json', ARGV[2])
redis.call('PUBLISH', KEYS[1], ARGV[2])
return { 1, id }
