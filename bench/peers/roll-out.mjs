// A coordinator alone in its process, built and without options of Node, as a command runs it: each message asks for one
// rollout to all agents of a namespace, each reply tells how long it took and how large the process has been.
import { readFileSync } from 'node:fs';
import { keyIdOf } from '../../dist/core/bytecode/signature.js';
import { resolveHome } from '../../dist/core/fleet/home.js';
import { keepHeapLeanForLargeFleet } from '../../dist/core/fleet/lean-heap.js';
import { listAgents } from '../../dist/core/fleet/registry.js';
import { signingPair } from '../../dist/core/fleet/signing-keys.js';
import { openRollout } from '../../dist/core/injector/course/rollout.js';
import { planRollout } from '../../dist/core/injector/plan/plan.js';
import { defaultSettings } from '../../dist/core/injector/plan/settings.js';
import { prepareProgram } from '../../dist/core/injector/prepare-program.js';
import { connectRedis } from '../../dist/core/nerve/connection.js';
import { createNames } from '../../dist/core/nerve/names.js';

const { homeDir, socketPath, sourcePath } = JSON.parse(process.argv[2]);
const { privateKey, publicKey } = signingPair(resolveHome({ DREAMNET_HOME: homeDir }));
const key = { privateKey, keyId: keyIdOf(publicKey) };
const redis = await connectRedis({ socketPath, url: null }, { patience: 'command', name: 'bench' });
const source = readFileSync(sourcePath, 'utf8');
process.on('disconnect', () => process.exit(0));
process.on('message', (request) =>
  rollOut(request).then(
    (measured) => process.send(measured),
    (thrown) => process.send({ failed: String(thrown) }),
  ),
);
process.send('ready');

async function rollOut({ prefix, id, batch }) {
  const names = createNames(prefix);
  const { instruction, program, plan } = await prepare(names, { id, batch });
  const signal = new AbortController().signal;
  const rollout = await openRollout(
    { redis, names, key, name: 'bench', clock: Date.now, report: () => undefined, signal },
    { ...defaultSettings, batch, bakeMs: 0, instruction, program, plan, windowMs: 20_000 },
  );
  try {
    const usage = process.cpuUsage();
    const startedMs = performance.now();
    await rollout.run();
    const totalMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(usage);
    await rollout.complete({ verdict: 'good' });
    const { counts, batches } = rollout.record;
    const rssMB = process.resourceUsage().maxRSS / 1_000;
    return { totalMs, cpuMs: (user + system) / 1_000, rssMB, counts, batches };
  } finally {
    await rollout.close();
  }
}

/** The list of agents is not held while they are rolled out to. */
async function prepare(names, { id, batch }) {
  await keepHeapLeanForLargeFleet(redis, names);
  const targets = (await listAgents(redis, names, Date.now())).filter(({ alive }) => alive);
  const context = { currentCosts: 10_000, targetCosts: 8_500, deadline: 20_000, budget: 500, metrics: [] };
  const instruction = {
    ...{ id, type: 'COST_OPTIMIZATION_v1', target_agents: targets.length, context },
    ...{ timestamp: Date.now(), priority: 'HIGH', program: { source } },
  };
  const program = await prepareProgram(redis, names, { instruction, key });
  const plan = planRollout({ instructionId: id, selector: '', targets, batch, maxFailures: '0' });
  return { instruction, program, plan };
}
