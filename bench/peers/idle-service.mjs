// A service with the SDK that does nothing, as a process of its own: socket, key and state directory in.
import { createAgent } from '../../dist/core/agent/sdk/index.js';

const [redis, trust, stateDir] = process.argv.slice(2);
await createAgent({
  id: 'idle',
  ...{ redis, trust, stateDir },
  fields: { waiting: 'count' },
  tasks: () => [{ id: 'a', waiting: 1 }],
  capabilities: { PAUSE: { code: 1, risk: 0, apply: () => undefined, revert: null } },
  log: () => undefined,
});
process.send('ready');
