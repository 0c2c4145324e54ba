/**
 * What injection into containers costs: real containers, each with a shell agent, get a program in batches of 10, each
 * agent confirms what it loaded; through the engine's API, through the container's process, and through a directory that
 * is shared with it. Against a script that copies and signals with the docker command, ten containers at a time, and asks
 * for no confirmation. All of them take turns. DREAMNET_BENCH_CONTAINERS changes how many containers there are (200).
 */
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyIdOf } from '../src/core/bytecode/signature.js';
import { type Engine, openEngine } from '../src/core/docker/engine.js';
import { engineAddress } from '../src/core/docker/engine-address.js';
import { waitFor } from '../src/core/fleet/wait.js';
import { dockerTransport } from '../src/core/injector/transports/docker/docker.js';
import { type DockerAgents, findDockerAgents } from '../src/core/injector/transports/docker/docker-agents.js';
import type { RouteName } from '../src/core/injector/transports/docker/way.js';
import { keepRegistered } from '../src/core/injector/transports/register-discovered.js';
import { limits } from '../src/core/limits.js';
import { useEngine as startEngine, type TestAgent, type TestEngine } from '../test/support/docker-engine.js';
import { startTestRedis, type TestRedis } from '../test/support/redis.js';
import { prepareRollout } from './peers/fleet.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

const CONTAINERS = Number(process.env.DREAMNET_BENCH_CONTAINERS ?? 200);
/** A directory shared with a container makes the script's copies slower: those are containers of their own. */
const SHARED = Math.min(CONTAINERS, 200);
const BATCH = 10;
/** A round of a thousand containers takes minutes. */
const ROUNDS = CONTAINERS > 500 ? { counted: 1, warmUp: 0 } : { counted: 3, warmUp: 1 };
const SCRIPT = path.join(import.meta.dirname, 'peers', 'inject-script.sh');

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  if (process.getuid?.() !== 0) throw new Error('the direct route is for root: run this bench as root');
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-bench-'));
  const [engine, server] = await Promise.all([startEngine(), startTestRedis()]);
  try {
    note(`starting ${CONTAINERS} containers, and ${SHARED} with a shared directory`);
    const startedMs = performance.now();
    const fleet = await startContainers(engine, directory);
    const startMs = performance.now() - startedMs;
    note(`${ROUNDS.counted + ROUNDS.warmUp} rounds of the script and three rollouts`);
    return [
      ...(await measure({ engine, server, fleet, directory })),
      { name: 'start of a container', value: startMs / (CONTAINERS + SHARED), unit: 'ms' },
    ];
  } finally {
    await engine.stop();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Fleet {
  readonly plain: readonly TestAgent[];
  readonly shared: readonly TestAgent[];
}

/** Agents that say what they loaded in their file and on their output, as the one in examples/ does. */
async function startContainers(engine: TestEngine, directory: string): Promise<Fleet> {
  const env = { AGENT_ANSWER: 'both' };
  const plain = await engine.startAgents(CONTAINERS, {
    env,
    prefix: 'plain',
    labels: { 'dreamnet.label.set': 'plain' },
  });
  const binds = (number: number) => {
    const own = path.join(directory, 'agents', String(number));
    mkdirSync(own, { recursive: true });
    return [`${own}:/injected-programs`];
  };
  const shared = await engine.startAgents(SHARED, {
    env,
    prefix: 'shared',
    labels: { 'dreamnet.label.set': 'shared' },
    binds,
  });
  return { plain, shared };
}

interface Bench {
  readonly engine: TestEngine;
  readonly server: TestRedis;
  readonly fleet: Fleet;
  readonly directory: string;
}

async function measure(bench: Bench): Promise<Claim[]> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const engine = await openEngine(engineAddress({ DOCKER_HOST: bench.engine.host }));
  const agents = await findDockerAgents(engine, [bench.engine.label]);
  const { redis, names } = bench.server;
  const report = (problem: string) => {
    throw new Error(problem);
  };
  const registration = await keepRegistered({ redis, names, clock: Date.now, report }, agents.source);
  const ways: Ways = { engine, agents, key: { privateKey, keyId: keyIdOf(publicKey) } };
  try {
    const ms = await interleaved(
      {
        script: () => runScript(bench, ways),
        agents: () => askAgents(bench, ways),
        api: () => rollOut(bench, ways, { route: 'api', set: 'plain', containers: CONTAINERS }),
        direct: () => rollOut(bench, ways, { route: 'direct', set: 'plain', containers: CONTAINERS }),
        shared: () => rollOut(bench, ways, { route: 'shared', set: 'shared', containers: SHARED }),
      },
      ROUNDS,
    );
    const claim = (name: string, samples: readonly number[]): Claim => ({
      name: `${name}, per container`,
      value: median(samples),
      unit: 'ms',
      samples,
    });
    return [
      claim('docker cp and docker kill, not confirmed', ms.script),
      claim('what the agents take for themselves', ms.agents),
      claim('rollout through the API', ms.api),
      claim('rollout through the process', ms.direct),
      claim('rollout through a shared directory', ms.shared),
      ratioClaim('API / script', ms.api, ms.script, { atMost: 1 }),
      ratioClaim('script / process', ms.script, ms.direct, { atLeast: 30 }),
      ratioClaim('script / shared directory', ms.script, ms.shared, { atLeast: 30 }),
    ];
  } finally {
    await registration.close();
    agents.close();
    engine.close();
  }
}

interface Ways {
  readonly engine: Engine;
  readonly agents: DockerAgents;
  readonly key: Parameters<typeof prepareRollout>[0]['key'];
}

interface Wish {
  readonly route: RouteName;
  readonly set: string;
  readonly containers: number;
}

/** Milliseconds a container, from the first order to all live. */
async function rollOut({ server }: Bench, { engine, agents, key }: Ways, wish: Wish): Promise<number> {
  const transports = { docker: dockerTransport({ engine, agents, route: wish.route, captureMs: 0 }) };
  const { id, source } = nextProgram();
  const rollout = await prepareRollout(
    { redis: server.redis, names: server.names, key },
    {
      ...{ id, source, windowMs: limits.windowMs, batch: String(BATCH), transports },
      selector: `set=${wish.set}`,
      acknowledgeWithinMs: 120_000,
    },
  );
  try {
    const startedMs = performance.now();
    await rollout.run().catch((thrown) => {
      const [failed] = [...rollout.agents.values()].filter(({ outcome }) => outcome === 'failed');
      throw new Error(`${wish.route}: ${failed?.code} ${failed?.reason}`, { cause: thrown });
    });
    const tookMs = performance.now() - startedMs;
    const { agents: all, heldOut, counts } = rollout.record;
    if (all !== wish.containers || counts.live + heldOut !== all)
      throw new Error(`not every container took part by ${wish.route}: ${JSON.stringify(counts)}`);
    await rollout.complete({ verdict: 'good' });
    return tookMs / all;
  } finally {
    await rollout.close();
  }
}

/** The same for the script; that every agent loaded the program is looked up afterwards. */
async function runScript({ engine, fleet, directory }: Bench, { agents }: Ways): Promise<number> {
  const program = path.join(directory, 'program.bc');
  const bytes = randomBytes(1_500);
  writeFileSync(program, bytes);
  const startedMs = performance.now();
  const env = { ...process.env, DOCKER_HOST: engine.host };
  const script = spawn(SCRIPT, [program], { stdio: ['pipe', 'inherit', 'inherit'], env });
  script.stdin.end(fleet.plain.map(({ containerId }) => `${containerId}\n`).join(''));
  const [code] = await once(script, 'exit');
  const tookMs = performance.now() - startedMs;
  if (code !== 0) throw new Error(`the script ended with ${code}`);
  const digest = createHash('sha256').update(bytes).digest('hex');
  for (const { id } of fleet.plain) {
    const ack = `/proc/${(await agents.current(id))?.pid}/root/injected-programs/ack`;
    const hasLoaded = () => readFileSync(ack, 'utf8').startsWith(digest);
    if (!(await waitFor(hasLoaded, { timeoutMs: 5_000 }))) throw new Error(`the script did not reach ${id}`);
  }
  return tookMs / fleet.plain.length;
}

/** What no rollout can do without: all agents at once are signalled, compute a digest each, and write it down. */
async function askAgents({ fleet }: Bench, { agents }: Ways): Promise<number> {
  const found = await Promise.all(fleet.plain.map(({ id }) => agents.current(id)));
  const pids = found.flatMap((container) => container?.pid ?? []);
  const ackOf = (pid: number) => `/proc/${pid}/root/injected-programs/ack`;
  for (const pid of pids) writeFileSync(ackOf(pid), '');
  const startedMs = performance.now();
  for (const pid of pids) process.kill(pid, 'SIGHUP');
  for (const pid of pids) {
    const hasAnswered = () => readFileSync(ackOf(pid)).length > 0;
    if (!(await waitFor(hasAnswered, { timeoutMs: 60_000, everyMs: 2 }))) throw new Error('no answer');
  }
  return (performance.now() - startedMs) / pids.length;
}

let programs = 0;

/** Another one each time, so that nobody has it already. */
function nextProgram(): { id: string; source: string } {
  const id = `bench${programs++}`;
  const source = `FUNC ${id}() {\n  FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, 20%) }\n}`;
  return { id: `instr_${id}`, source };
}
