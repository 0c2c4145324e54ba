// A host whose agents have no tasks and never tick: orders are followed, checked, obeyed, journaled and acknowledged by the
// product's own code, so that what is measured is injection and not the simulation of tasks. Argument: JSON as below.
import { Agent } from '../../dist/core/agent/agent.js';
import { openJournal } from '../../dist/core/agent/journal.js';
import { createProgramLoader } from '../../dist/core/agent/load-program.js';
import { obeyOrder } from '../../dist/core/agent/obey-order.js';
import { followOrders } from '../../dist/core/agent/order-stream.js';
import { createReporter } from '../../dist/core/agent/report.js';
import { createTickRhythm } from '../../dist/core/agent/tick-rhythm.js';
import { trustIn } from '../../dist/core/keys/trust.js';
import { referenceFleet } from '../../dist/core/language/capabilities.js';
import { limits } from '../../dist/core/limits.js';
import { connectRedis, duplicateConnection } from '../../dist/core/nerve/connection.js';
import { openFleetClock } from '../../dist/core/nerve/fleet-clock.js';
import { createNames } from '../../dist/core/nerve/names.js';
import { readStoredProgram } from '../../dist/core/nerve/stored-program.js';

const {
  hostId,
  socketPath,
  prefix,
  firstAgent,
  agents: count,
  keysDir,
  stateDir,
} = JSON.parse(process.argv[2]);
const log = (line) => process.stderr.write(`${hostId}: ${line}\n`);
const redis = await connectRedis({ socketPath, url: null }, { patience: 'agent', name: hostId });
const names = createNames(prefix);
const agents = Array.from({ length: count }, (_, at) => {
  const id = `agent-${String(firstAgent + at + 1).padStart(6, '0')}`;
  return new Agent({ id, workload: withoutTasks() });
});
const agentsById = new Map(agents.map((agent) => [agent.id, agent]));
const journal = await openJournal(stateDir, hostId);
const loader = createProgramLoader({
  clock: () => performance.now(),
  fetch: async (digest) =>
    (await journal.readProgram(digest)) ?? (await readStoredProgram(redis, names, { digest, bytesMax: 1e6 })),
});
const reporter = createReporter({ redis, names, hostId });
const clock = await openFleetClock({ redis, clock: Date.now });
const rhythm = createTickRhythm(clock.now);
const trust = trustIn(keysDir, () => undefined);
await reporter.register(agents, Date.now());
void beat();
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMs: (user + system) / 1_000 });
});
process.send('ready');

await followOrders({
  redis: await duplicateConnection(redis),
  stream: names.orders(hostId),
  after: '0',
  signal: new AbortController().signal,
  handle: (streamId, envelope) =>
    obeyOrder({
      ...{
        streamId,
        envelope,
        agents: agentsById,
        hostId,
        loader,
        journal,
        reporter,
        rhythm,
        clock,
        trust: trust(),
        log,
      },
    }),
  passed: async (streamId, reason) => log(`order ${streamId} was passed: ${reason}`),
  log,
});

async function beat() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, limits.heartbeatEveryMs));
    await reporter.heartbeat(agents, Date.now());
  }
}

function withoutTasks() {
  const columns = Object.fromEntries(referenceFleet.fields.map(({ name }) => [name, new Float64Array(0)]));
  const view = { rows: 0, ids: [], columns };
  return {
    name: 'none',
    labels: { role: 'bench' },
    capabilities: referenceFleet,
    advance: () => undefined,
    view: () => view,
    apply: () => ({ applied: false, reason: 'there are no tasks' }),
    revert: () => undefined,
    counters: () => ({ completed: 0, failed: 0 }),
  };
}
