/** A rollout over containers that a test may change: the engine's agents in, discovered, registered and coordinated, out. */
import type Docker from 'dockerode';
import { onTestFinished } from 'vitest';
import { type Engine, openEngine } from '../../../../src/core/docker/engine.js';
import { engineAddress } from '../../../../src/core/docker/engine-address.js';
import { listAgents } from '../../../../src/core/fleet/registry.js';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import { openRollout, type Rollout } from '../../../../src/core/injector/course/rollout.js';
import { planRollout } from '../../../../src/core/injector/plan/plan.js';
import { prepareProgram } from '../../../../src/core/injector/prepare-program.js';
import { dockerTransport } from '../../../../src/core/injector/transports/docker/docker.js';
import {
  type DockerAgents,
  findDockerAgents,
} from '../../../../src/core/injector/transports/docker/docker-agents.js';
import type { RouteWish } from '../../../../src/core/injector/transports/docker/routes.js';
import { registerDiscovered } from '../../../../src/core/injector/transports/register-discovered.js';
import type { PipelineEvent } from '../../../../src/core/pipeline-events.js';
import { key, throttleAll } from '../../../agent/support.js';
import type { TestEngine } from '../../../support/docker-engine.js';
import type { TestRedis } from '../../../support/redis.js';
import { instructionOf } from '../../support.js';

export interface DockerWish {
  readonly id?: string;
  readonly source?: string;
  readonly route?: RouteWish;
  readonly batch?: string;
  readonly maxFailures?: string;
  readonly bakeMs?: number;
  readonly acknowledgeWithinMs?: number;
  readonly captureMs?: number;
  readonly resume?: boolean;
  readonly heldOut?: boolean;
}

export interface DockerRollout {
  readonly rollout: Rollout;
  readonly events: PipelineEvent[];
  readonly agents: DockerAgents;
}

/** As `dreamnet inject --docker` does it; closed with the test. */
export async function coordinateContainers(
  server: TestRedis,
  testEngine: Pick<TestEngine, 'host' | 'label'>,
  wish: DockerWish = {},
): Promise<DockerRollout> {
  const { redis, names } = server;
  const engine = await engineOf(testEngine);
  const agents = await findDockerAgents(engine, [testEngine.label]);
  onTestFinished(() => agents.close());
  await registerDiscovered({ redis, names, clock: Date.now }, agents.source);
  const id = wish.id ?? 'instr_one';
  const instruction = instructionOf({ id, program: { source: wish.source ?? throttleAll } });
  const program = await prepareProgram(redis, names, { instruction, key });
  const plan = planRollout({
    ...{ instructionId: id, selector: '', batch: wish.batch ?? '100%', maxFailures: wish.maxFailures ?? '0' },
    // Held out are only agents that report.
    targets: (await listAgents(redis, names, Date.now())).map((agent) => ({
      ...agent,
      workload: 'simulated',
    })),
    ...(wish.heldOut === true ? {} : { holdOutShare: 0 }),
  });
  const events: PipelineEvent[] = [];
  const dependencies = {
    ...{ redis, names, key, name: 'test', clock: Date.now, signal: new AbortController().signal },
    report: (event: PipelineEvent) => events.push(event),
    transports: {
      docker: dockerTransport({
        engine,
        agents,
        route: wish.route ?? 'auto',
        captureMs: wish.captureMs ?? 0,
      }),
    },
  };
  const rollout = await openRollout(dependencies, {
    ...{
      instruction,
      program,
      plan,
      windowMs: 1_000,
      bakeMs: wish.bakeMs ?? 0,
      resume: wish.resume ?? false,
    },
    acknowledgeWithinMs: wish.acknowledgeWithinMs ?? 5_000,
  });
  onTestFinished(() => rollout.close());
  return { rollout, events, agents };
}

export async function engineOf({ host }: Pick<TestEngine, 'host'>): Promise<Engine> {
  const engine = await openEngine(engineAddress({ DOCKER_HOST: host }));
  onTestFinished(() => engine.close());
  return engine;
}

/** A container whose first process is a shell: `setup` once, then `loop` again and again. It is ready when this resolves. */
export async function startScript(
  engine: TestEngine,
  {
    id,
    setup,
    loop = 'sleep 0.05',
    labels = {},
  }: { id: string; setup: string; loop?: string; labels?: Readonly<Record<string, string>> },
): Promise<Docker.Container> {
  const [label = '', value = ''] = engine.label.split('=');
  const script = `${setup}\necho ready\nwhile :; do ${loop}; done`;
  const container = await engine.docker.createContainer({
    ...{ Image: await engine.agentImage(), Cmd: ['sh', '-c', script], StopTimeout: 1 },
    Labels: { 'dreamnet.role': 'agent', 'dreamnet.agent': id, [label]: value, ...labels },
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  if (!(await waitFor(() => hasPrinted(container, 'ready'), { timeoutMs: 20_000 })))
    throw new Error(`the container of ${id} does not get ready`);
  return container;
}

export async function hasPrinted(container: Docker.Container, text: string): Promise<boolean> {
  return (await container.logs({ stdout: true, stderr: true, follow: false })).includes(text);
}
