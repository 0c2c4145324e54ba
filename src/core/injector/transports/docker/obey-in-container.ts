/** One order for one agent in, done in its container by the best way there is, what came of it out. */
import { digestOf } from '../../../bytecode/digest.js';
import type { Engine } from '../../../docker/engine.js';
import { engineWords, isEngineLost } from '../../../docker/engine-errors.js';
import type { Lane } from '../../../docker/lane.js';
import type { Trust } from '../../../keys/trust.js';
import type { Order, SignedOrder } from '../../../nerve/messages/order.js';
import type { Held } from '../held-programs.js';
import { decideFrom, type HeldRecords } from '../held-record.js';
import { noProgram, type ProgramBytes } from '../program-directory.js';
import type { AgentContainer } from './agent-container.js';
import { openApi } from './api-way.js';
import { listenForAnswer } from './confirm.js';
import type { DockerAgents } from './docker-agents.js';
import type { OpenedWay, Routes } from './routes.js';

export interface ObeyDependencies {
  readonly records: HeldRecords;
  readonly engine: Engine;
  readonly agents: DockerAgents;
  readonly routes: Routes;
  readonly program: (digest: string) => Promise<ProgramBytes>;
  /** Keeps what is there before it is replaced, so that it can come back. */
  readonly keep: (digest: string, bytes: Uint8Array) => Promise<unknown>;
  readonly calls: Lane;
  readonly directories: Lane;
  readonly followers: Lane;
  readonly withinMs: number;
}

export interface OrderForOne {
  readonly agent: string;
  readonly order: Omit<Order, 'targets'>;
  readonly signed: SignedOrder;
  readonly trust: Trust;
  /** Called when it is this agent's turn, and at each step of it: an engine under load takes its time. */
  readonly reached: () => void;
  /** Nobody waits for the answer any more: what is not begun is not done, what is done is not waited for. */
  readonly signal: AbortSignal;
}

export interface Done {
  readonly outcome: 'done';
  /** What it holds now. */
  readonly held: Held;
}

export interface NotDone {
  readonly outcome: 'failed' | 'refused';
  readonly code: string;
  readonly reason: string;
  /** What it was given all the same. */
  readonly held?: Held;
}

type Settled = Done | NotDone;

/** With the route that was taken, and why no faster one was. */
export type Obeyed =
  | (Done & { readonly container: AgentContainer; readonly route: string })
  | (NotDone & { readonly route?: string });

/** What is left to wait for when the container's turn is over. */
interface Waiting {
  readonly outcome: 'waiting';
  readonly answer: () => Promise<Settled>;
}

export async function obeyInContainer(
  dependencies: ObeyDependencies,
  one: OrderForOne,
): Promise<Obeyed | 'called-off'> {
  try {
    return await attempt(dependencies, one);
  } catch (thrown) {
    const reason = engineWords(thrown);
    if (thrown instanceof NotRunning) return { outcome: 'failed', code: 'DN583', reason };
    return isEngineLost(thrown)
      ? { outcome: 'failed', code: 'DN589', reason: `the Docker engine went away: ${reason}` }
      : { outcome: 'failed', code: 'DN585', reason };
  }
}

/** A container that restarts again and again is given up on. */
const attemptsMax = 5;

async function attempt(dependencies: ObeyDependencies, one: OrderForOne): Promise<Obeyed | 'called-off'> {
  const { routes, agents, engine } = dependencies;
  for (let attempts = 1; ; attempts++) {
    const container = await currentContainer(dependencies, one);
    const opened = container.running
      ? await routes.open(container)
      : { way: openApi(engine, container), words: 'api (it does not run)' };
    const done = await throughWay(dependencies, { ...one, container, ...opened });
    if (done === 'called-off') return done;
    const route = opened.words;
    if (!('failedRoute' in done))
      return done.outcome === 'done' ? { ...done, container, route } : { ...done, route };
    if (attempts === attemptsMax) throw done.failedRoute;
    // What a restart broke is no fault of the route: it is tried again with the new process.
    if (agents.hasChanged(container)) continue;
    if (!routes.giveUp(container, opened.way.route, done.failedRoute)) throw done.failedRoute;
  }
}

class NotRunning extends Error {}

/** Only what is taken back may be taken back while it does not run: it then starts with what it had. */
async function currentContainer(
  { agents }: ObeyDependencies,
  { agent, order }: OrderForOne,
): Promise<AgentContainer> {
  const container = await agents.current(agent);
  if (container === undefined) throw new NotRunning('its container is gone');
  if (!container.running && order.action !== 'undo')
    throw new NotRunning(`its container ${container.name} does not run`);
  return container;
}

type InContainer = OrderForOne & OpenedWay & { readonly container: AgentContainer };

/** The way is closed when the answer is there; the turn of the next container comes before that. */
async function throughWay(
  dependencies: ObeyDependencies,
  one: InContainer,
): Promise<Settled | { readonly failedRoute: unknown } | 'called-off'> {
  const lane = one.way.route === 'api' ? dependencies.calls : dependencies.directories;
  try {
    const done = await lane.run(async () => {
      if (one.signal.aborted) return 'called-off';
      one.reached();
      return obey(dependencies, one);
    });
    return done !== 'called-off' && done.outcome === 'waiting' ? await done.answer() : done;
  } catch (thrown) {
    if (isEngineLost(thrown)) throw thrown;
    return { failedRoute: thrown };
  } finally {
    await one.way.close();
  }
}

async function obey(dependencies: ObeyDependencies, one: InContainer): Promise<Settled | Waiting> {
  const { records } = dependencies;
  const { agent, order, way, signed, trust } = one;
  const known = await records.read(agent, trust);
  const present = order.action === 'live' ? await presentDigest(dependencies, one, known.held) : noProgram;
  const { held, move } = decideFrom(known, order, present);
  if (move.move === 'refuse') return { outcome: 'refused', code: move.code, reason: move.reason };
  await records.write(agent, held);
  const done: Done = { outcome: 'done', held };
  switch (move.move) {
    case 'stage':
      await way.stage(await dependencies.program(order.digest));
      return done;
    case 'activate':
      return replace(dependencies, one, {
        program: await dependencies.program(order.digest),
        replaced: present,
        present,
        done,
      });
    case 'restore': {
      const program = move.digest === noProgram ? 'none' : await dependencies.program(move.digest);
      return replace(dependencies, one, { program, replaced: order.digest, done });
    }
    case 'observe':
    case 'nothing':
      await way.writeOrder(signed);
      return done;
    case 'unstage':
      await way.unstage(signed);
      return done;
    default:
      return move satisfies never;
  }
}

/** What is there before it is replaced; its bytes are kept, so that they can come back. */
async function presentDigest(
  { keep }: ObeyDependencies,
  { way }: InContainer,
  { live }: Held,
): Promise<string> {
  // Through the engine each look is a call, and what was put there last is known.
  if (way.route === 'api' && live !== undefined) return live.digest;
  const bytes = await way.program();
  if (bytes === undefined || bytes.length === 0) return noProgram;
  const digest = digestOf(bytes);
  await keep(digest, bytes);
  return digest;
}

async function replace(
  dependencies: ObeyDependencies,
  { way, signed, container, signal, reached }: InContainer,
  {
    program,
    replaced,
    present,
    done,
  }: { program: ProgramBytes | 'none'; replaced: string; present?: string; done: Done },
): Promise<Done | Waiting> {
  const digest = program === 'none' ? noProgram : program.digest;
  await way.activate(program, signed, present);
  if (!container.running) return done;
  reached();
  const listener = await listenForAnswer({
    ...dependencies,
    ...{ events: dependencies.agents.events, container, way, digest, replaced, signal },
  });
  try {
    await way.signal();
  } catch (thrown) {
    listener.end();
    throw thrown;
  }
  reached();
  return {
    outcome: 'waiting',
    async answer() {
      const confirmation = await listener.answer();
      if (confirmation.ok) return done;
      const { code, reason } = confirmation;
      return { outcome: 'failed', code, reason, held: done.held };
    },
  };
}
