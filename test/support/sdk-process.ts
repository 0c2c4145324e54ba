/** A service with the SDK as a process of its own, for tests that kill it: socket, prefix, state directory and key in. */
import { createAgent } from '../../src/core/agent/sdk/index.js';

const [redis = '', prefix = '', stateDir = '', trust = ''] = process.argv.slice(2);
const queue = { concurrency: 5 };
let said = 0;

const agent = await createAgent({
  id: 'worker-1',
  ...{ redis, prefix, stateDir, trust },
  fields: { waiting: 'count', format: { unit: 'name', names: ['h264', 'av1'] } },
  tasks: () => [{ id: 'a', waiting: 80, format: 'av1' as const }],
  capabilities: {
    SET_CONCURRENCY: {
      code: 1,
      unit: 'count',
      min: 1,
      max: 64,
      risk: 0.3,
      apply(_task, value) {
        const former = queue.concurrency;
        queue.concurrency = value;
        return former;
      },
      revert(_task, former: number) {
        queue.concurrency = former;
      },
    },
  },
  stopOn: ['SIGTERM'],
  log: (line) => process.send?.({ log: line }),
});
process.send?.({ ready: true, status: agent.status });
const telling = setInterval(() => {
  if (queue.concurrency !== said) process.send?.({ concurrency: queue.concurrency });
  said = queue.concurrency;
  if (agent.status === 'stopped') {
    clearInterval(telling);
    process.disconnect();
  }
}, 20);
