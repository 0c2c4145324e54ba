/** What a command needs of the core, opened from its flags: fleet, keys, and the context that every step is given. */
import { keyIdOf } from '../core/bytecode/signature.js';
import { prepareHome, resolveHome } from '../core/fleet/home.js';
import { type OpenFleet, openFleet } from '../core/fleet/open-fleet.js';
import { ensureSigningKeys } from '../core/fleet/signing-keys.js';
import type { LoopContext } from '../core/loop-context.js';
import type { ReportEvent } from '../core/pipeline-events.js';

export interface SessionOptions {
  readonly command: string;
  readonly need: 'session' | 'daemon' | 'read';
  readonly flags: {
    readonly redis?: string | undefined;
    readonly prefix?: string | undefined;
    readonly agents?: string | undefined;
    readonly seed?: string | undefined;
  };
  readonly signal: AbortSignal;
  readonly report?: ReportEvent;
}

export interface Session {
  readonly context: LoopContext;
  readonly fleet: OpenFleet;
  close(): Promise<void>;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const { flags, signal, need } = options;
  const report = options.report ?? (() => undefined);
  const home = resolveHome(process.env);
  const name = `dreamnet-${options.command}-${process.pid}`;
  const redis = flags.redis === undefined ? 'private' : 'given';
  const startedMs = Date.now();
  let starting = false;
  const fleet = await openFleet({
    home,
    redisUrl: flags.redis,
    prefix: flags.prefix,
    agents: flags.agents === undefined ? undefined : Number(flags.agents),
    seed: Number(flags.seed ?? 1),
    need,
    connectionName: name,
    signal,
    onProgress: ({ agents }) => {
      if (starting || need === 'read') return;
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
  prepareHome(home);
  const { privateKey, publicKey } = ensureSigningKeys(home);
  const context: LoopContext = {
    redis: fleet.redis,
    names: fleet.names,
    key: { privateKey, keyId: keyIdOf(publicKey) },
    name,
    clock: Date.now,
    random: Math.random,
    report,
    signal,
  };
  return { context, fleet, close: () => fleet.close() };
}
