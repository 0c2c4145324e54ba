import { Flags } from '@oclif/core';
import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { fleetFlags } from '../cli/flags.js';
import { type Session, withReading, withSession } from '../cli/open-session.js';
import { operatorName } from '../cli/operator.js';
import { terminalWidth } from '../cli/terminal-text.js';
import { steerRollout } from '../core/injector/control/steer.js';
import { limits } from '../core/limits.js';
import { connectRedis } from '../core/nerve/connection.js';
import type { WishAction } from '../core/nerve/messages/wish.js';
import { runOrchestrator } from '../core/orchestrator/loop.js';
import { steeredDocument } from '../documents/steered-document.js';
import type { overviewDocument } from '../tui/overview.js';

/** How often the fleet is aggregated while somebody looks, unless another process does it already. */
const aggregateEveryMs = 2_000;

export default class Watch extends BaseCommand<typeof Watch> {
  static override summary = 'Watch the fleet live: operation, progress, metrics, events.';
  static override description =
    'Full screen on a terminal (q leaves), one line per happening without one. Starts a fleet that stays until `dreamnet down` when nothing is configured and nothing runs; with --once it only shows what is there.';
  static override examples = [
    '<%= config.bin %> watch',
    '<%= config.bin %> watch --once',
    '<%= config.bin %> watch --jsonl | jq .type',
  ];
  static override flags = {
    once: Flags.boolean({ description: 'Print how things stand, and end.' }),
    readonly: Flags.boolean({ description: 'Only show: no key steers the rollout.' }),
    ...fleetFlags,
    ...streamingFlags,
  };

  async run(): Promise<ReturnType<typeof overviewDocument> | undefined> {
    const { flags, signal } = this;
    const note = (text: string) => this.note(text);
    if (flags.once || this.jsonEnabled())
      return withReading({ command: 'watch', flags, signal }, (session) => this.#snapshot(session));
    return withSession({ command: 'watch', need: 'daemon', flags, signal, note }, (session) =>
      aggregated(session, signal, () => this.#live(session)),
    );
  }

  async #snapshot({ context }: Session) {
    const [{ readFleetView }, { overviewDocument, overviewText }] = await Promise.all([
      import('../tui/hooks/fleet-feed.js'),
      import('../tui/overview.js'),
    ]);
    if (await isAnybodyAlive(context)) await aggregateOnce(context);
    const view = await readFleetView(context);
    this.print(overviewText(view, terminalWidth()));
    return overviewDocument(view);
  }

  async #live({ context, fleet }: Session): Promise<undefined> {
    const { redis, names, signal } = context;
    const { canShowScreen, showWatch } = await import('../tui/watch-screen.js');
    if (!this.jsonLinesEnabled() && canShowScreen(process.stdin, process.stdout)) {
      const { 'no-color': plain, readonly } = this.flags;
      const steer = readonly ? undefined : steerBy(context);
      await showWatch({ redis, names, target: fleet.target, signal, color: !plain, steer });
      return;
    }
    const { streamWatch } = await import('../tui/plain-watch.js');
    const write = (line: string) => void process.stdout.write(`${line}\n`);
    await streamWatch({ redis, names, signal, write, json: this.jsonLinesEnabled() });
  }
}

/** As the commands of the same names do it. */
function steerBy(context: Session['context']) {
  return async (action: WishAction, rollout: string) => {
    const steered = await steerRollout(context, { action, typed: rollout, by: operatorName() });
    return steeredDocument(action, steered);
  };
}

/** Keeps aggregates flowing while the work goes on, on a connection that waits for a Redis that went away. */
async function aggregated<T>({ context, fleet }: Session, signal: AbortSignal, work: () => Promise<T>) {
  const { names, clock, name: holder } = context;
  const over = new AbortController();
  const redis = await connectRedis(fleet.target, { patience: 'agent', name: holder });
  const orchestrator = runOrchestrator({
    redis,
    names,
    clock,
    holder,
    everyMs: aggregateEveryMs,
    signal: AbortSignal.any([signal, over.signal]),
  });
  try {
    return await work();
  } finally {
    over.abort();
    await orchestrator;
    redis.disconnect();
  }
}

/** Of a fleet that has ended there is nothing to measure, and to say so would raise an alarm. */
async function isAnybodyAlive({ redis, names, clock }: Session['context']): Promise<boolean> {
  return (await redis.zcount(names.agents, clock() - limits.agentAliveMs, '+inf')) > 0;
}

/** One round: where another process aggregates there is nothing to do. */
async function aggregateOnce({
  redis,
  names,
  clock,
  name: holder,
  signal,
}: Session['context']): Promise<void> {
  const over = new AbortController();
  await runOrchestrator({
    redis,
    names,
    clock,
    holder,
    everyMs: aggregateEveryMs,
    signal: AbortSignal.any([signal, over.signal]),
    wait: async () => over.abort(),
  });
}
