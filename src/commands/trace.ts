import { Args, Flags } from '@oclif/core';
import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { countFlag, durationFlag, durationMs } from '../cli/flags.js';
import { type Session, withReading } from '../cli/open-session.js';
import { requireAgent } from '../cli/views/agents-document.js';
import { type TraceDocument, traceLine, traceText } from '../cli/views/trace-view.js';
import { limits } from '../core/limits.js';
import { followTraces } from '../core/tracer/follow.js';
import { readLastLoad, readTraces } from '../core/tracer/read.js';

export default class TraceCommand extends BaseCommand<typeof TraceCommand> {
  static override summary = 'Show how an agent loaded its program, and what it does at each tick.';
  static override examples = [
    '<%= config.bin %> trace agent-0001',
    '<%= config.bin %> trace agent-0001 --follow',
    '<%= config.bin %> trace agent-0001 --since 5m --count 100 --json',
    '<%= config.bin %> trace agent-0001 --since 1h --count 1000 --jsonl > traces.jsonl',
  ];
  static override args = { agent: Args.string({ description: 'Id of the agent.', required: true }) };
  static override flags = {
    follow: Flags.boolean({
      char: 'f',
      description: 'Then print traces as they are written, until Ctrl-C.',
      exclusive: ['json'],
    }),
    count: countFlag('count', {
      description: 'Newest traces shown at most.',
      default: '10',
      max: limits.traceEntriesPerAgentMax * 2,
    }),
    since: durationFlag('since', { description: 'Only traces younger than this.' }),
    ...streamingFlags,
  };

  async run(): Promise<TraceDocument> {
    const { flags, signal } = this;
    return withReading({ command: 'trace', flags, signal }, async (session) => {
      const { document, newest } = await this.#read(session);
      this.print(traceText(document));
      for (const stored of document.traces.toReversed()) this.emit({ type: 'trace', ...stored });
      if (flags.follow) await this.#follow(session, newest);
      return document;
    });
  }

  async #read({ context }: Session): Promise<{ document: TraceDocument; newest: string | undefined }> {
    const { redis, names, clock } = context;
    const { agent } = this.args;
    await requireAgent({ redis, names, nowMs: clock() }, agent);
    const sinceMs = this.flags.since === undefined ? undefined : clock() - durationMs(this.flags.since);
    const all = await readTraces(redis, names, agent, { count: limits.traceEntriesPerAgentMax * 2 });
    const young = all.traces.filter(({ trace }) => sinceMs === undefined || trace.at >= sinceMs);
    const document = {
      agent,
      load: (await readLastLoad(redis, names, agent)) ?? null,
      traces: young.slice(0, Number(this.flags.count)),
      damaged: all.damaged,
    };
    return { document, newest: all.traces[0]?.streamId };
  }

  async #follow({ context }: Session, afterId: string | undefined): Promise<void> {
    const { agent } = this.args;
    const from = afterId === undefined ? {} : { afterId };
    for await (const entry of followTraces({ ...context, agent, ...from })) {
      if (!entry.ok) {
        this.note(`${entry.streamId} cannot be read: ${entry.reasons.join('; ')}`);
        continue;
      }
      this.emit({ type: 'trace', streamId: entry.streamId, trace: entry.value });
      this.print(traceLine(entry.value));
    }
  }
}
