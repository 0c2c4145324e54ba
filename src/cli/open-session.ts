/** What a command needs of the core, opened from its flags: fleet, keys, and the context that every step is given. */
import { DreamnetError } from '../core/errors.js';
import { prepareHome, resolveHome } from '../core/fleet/home.js';
import { openHomeKeyring } from '../core/fleet/home-keyring.js';
import { type OpenFleet, type OpenFleetOptions, openFleet } from '../core/fleet/open-fleet.js';
import type { LoopContext } from '../core/loop-context.js';
import { isReachability, unreachable, whyLost } from '../core/nerve/connection.js';
import { describeClock, openFleetClock } from '../core/nerve/fleet-clock.js';
import type { ReportEvent } from '../core/pipeline-events.js';
import { fleetWish } from './fleet-wish.js';
import { formatCount } from './format.js';
import { openTransports, type TransportFlagValues } from './transport-flags.js';

export interface SessionOptions {
  readonly command: string;
  readonly need: OpenFleetOptions['need'];
  /** A session that goes on with a rollout of an earlier one. */
  readonly resumes?: boolean;
  readonly flags: TransportFlagValues & {
    readonly redis?: string | undefined;
    readonly prefix?: string | undefined;
    readonly agents?: string | undefined;
    readonly seed?: string | undefined;
  };
  readonly signal: AbortSignal;
  readonly report?: ReportEvent;
  /** Told, on stderr, that a fleet was started which outlives this command; without `report`, warnings as well. */
  readonly note?: (text: string) => void;
}

export interface Session {
  readonly context: LoopContext;
  readonly fleet: OpenFleet;
  /** What was found where agents are looked for and cannot be used, a sentence each. */
  readonly unusable: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens a session, lets the work use it and closes it however that ends. A Redis that goes away for good meanwhile is
 * told as such, with the command that goes on with the rollout that was under way.
 */
export async function withSession<T>(
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let rollout: string | undefined;
  const report: ReportEvent = (event) => {
    if (event.type === 'planned') rollout = event.instruction.id;
    options.report?.(event);
  };
  const warn = (text: string) => warning(options, text);
  const session = await openSession({ ...options, report, warn });
  try {
    warnOfEnd(session, options);
    return await unlessLost(session, work(session));
  } catch (thrown) {
    if (thrown instanceof DreamnetError || !isReachability(thrown)) throw thrown;
    throw lostRedis(unreachable(session.fleet.target, whyLost(thrown)), rollout);
  } finally {
    await session.close();
    if (options.need === 'daemon' && session.fleet.agentsStarted > 0)
      options.note?.(
        `The fleet of ${formatCount(session.fleet.agentsStarted, 'agent')} stays; stop it with: dreamnet down`,
      );
  }
}

/** A fleet of another process's session may end while we use it. */
function warnOfEnd({ fleet: { endsWithPid } }: Session, options: SessionOptions): void {
  if (endsWithPid === null || ['read', 'running'].includes(options.need)) return;
  warning(
    options,
    `This fleet belongs to process ${endsWithPid} and ends with it; \`dreamnet up\` starts one that stays.`,
  );
}

function warning({ report, note }: SessionOptions, text: string): void {
  if (report === undefined) note?.(text);
  else report({ type: 'note', at: Date.now(), level: 'warning', text });
}

/** Work that is still waiting when its Redis has been given up would wait for ever. */
async function unlessLost<T>({ context: { redis } }: Session, work: Promise<T>): Promise<T> {
  const lost = Promise.withResolvers<never>();
  const onEnd = () => {
    const timer = setTimeout(() => lost.reject(new Error('Connection is closed.')), endsByItselfMs);
    work.catch(() => undefined).finally(() => clearTimeout(timer));
  };
  redis.once('end', onEnd);
  try {
    return await Promise.race([work, lost.promise]);
  } finally {
    redis.off('end', onEnd);
  }
}

/** What the work throws by itself says more, so it is given this long. */
const endsByItselfMs = 1_000;

/**
 * For commands that only read: what earlier runs left is enough, and the private Redis alone is started when nothing
 * runs. One that another reading command had started may end with it under our feet: then we begin again.
 */
export async function withReading<T>(
  options: Omit<SessionOptions, 'need' | 'report' | 'note'>,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withSession({ ...options, need: 'read' }, work);
    } catch (thrown) {
      const isGone = thrown instanceof DreamnetError && thrown.code === 'DN201';
      if (!isGone || options.flags.redis !== undefined || attempt === readAttemptsMax) throw thrown;
    }
  }
}

const readAttemptsMax = 3;

async function openSession(
  options: SessionOptions & { readonly warn: (text: string) => void },
): Promise<Session> {
  const { flags, signal, need } = options;
  const report = options.report ?? (() => undefined);
  const home = resolveHome(process.env);
  const name = `dreamnet-${options.command}-${process.pid}`;
  const redis = flags.redis === undefined ? 'private' : 'given';
  const startedMs = Date.now();
  const wish = fleetWish(flags);
  const { agentsElsewhere } = wish;
  let starting = false;
  const fleet = await openFleet({
    home,
    ...wish,
    need,
    keepAgents: options.resumes ?? false,
    connectionName: name,
    signal,
    onProgress: ({ agents }) => {
      if (starting || need === 'read' || need === 'running' || agentsElsewhere) return;
      starting = true;
      report({ type: 'phase', at: Date.now(), phase: 'fleet', state: 'started' });
      report({ type: 'fleet', at: Date.now(), state: 'starting', agents, redis });
    },
  });
  if (starting) {
    const at = Date.now();
    const agents = fleet.agentsStarted;
    report({ type: 'fleet', at, state: 'up', agents, redis, ms: at - startedMs });
    const detail = `${agents} simulated agents, ${redis === 'private' ? 'private Redis' : 'given Redis'}`;
    report({ type: 'phase', at, phase: 'fleet', state: 'done', detail, ms: at - startedMs });
  }
  try {
    prepareHome(home);
    const keys = openHomeKeyring(home, options.warn);
    const { redis: client, names } = fleet;
    const clock = await openFleetClock({
      redis: client,
      clock: Date.now,
      onChange: (aheadMs) => options.warn(describeClock(aheadMs)),
    });
    const carried = await openTransports(flags, {
      ...{ redis: client, names, clock: clock.now, warn: options.warn },
    });
    const context: LoopContext = {
      redis: client,
      names,
      transports: carried.transports,
      get key() {
        return keys.signing();
      },
      keyring: keys.keyring,
      name,
      clock: clock.now,
      random: Math.random,
      report,
      signal,
    };
    const close = async () => {
      await carried.close();
      await fleet.close();
    };
    return { context, fleet, unusable: carried.unusable, close };
  } catch (thrown) {
    await fleet.close();
    throw thrown;
  }
}

function lostRedis({ code, kind, message, hint }: DreamnetError, rollout: string | undefined): DreamnetError {
  const resume =
    rollout === undefined ? [] : [`When it is back, go on with \`dreamnet inject --resume ${rollout}\`.`];
  return new DreamnetError({ code, kind, message, hint: [...resume, hint ?? ''].join(' ').trim() });
}
