/** What a terminal test runs: the console on the Redis at the socket given as the only argument. */
import { connectRedis } from '../../../src/core/nerve/connection.js';
import { createNames } from '../../../src/core/nerve/names.js';
import { showWatch } from '../../../src/tui/watch-screen.js';

const target = { socketPath: process.argv[2] ?? '', url: null };
const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());
const redis = await connectRedis(target, { patience: 'command', name: 'watch-test' });
await showWatch({ redis, names: createNames(), target, signal: ending.signal });
redis.disconnect();
