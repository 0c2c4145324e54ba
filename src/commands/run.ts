import { Args } from '@oclif/core';
import chalk from 'chalk';
import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { durationMs, fleetFlags, goalFlags, rolloutFlags } from '../cli/flags.js';
import { openSession } from '../cli/open-session.js';
import { createProgress, progressModeFor } from '../cli/progress/progress.js';
import { resultCard } from '../cli/progress/result-card.js';
import { type LoopDocument, loopDocument } from '../core/loop-document.js';
import { runLoop } from '../core/pipeline.js';

export default class Run extends BaseCommand<typeof Run> {
  static override summary = 'Run the whole loop once: decide, compile, inject, measure, learn.';
  static override description =
    'Starts a private Redis and a local fleet of simulated agents when nothing is configured and nothing runs, and stops what it started.';
  static override examples = [
    '<%= config.bin %> run "reduce costs 15%"',
    '<%= config.bin %> run "cut latency by 20% within 1 hour" --window 30s --json',
  ];
  static override args = {
    goal: Args.string({
      description: 'What to reach, in plain words, such as "reduce costs 15%".',
      required: true,
    }),
  };
  static override flags = { ...goalFlags, ...rolloutFlags, ...fleetFlags, ...streamingFlags };

  async run(): Promise<LoopDocument> {
    const { flags } = this;
    const mode = progressModeFor({ ...flags, color: !flags['no-color'], stderr: process.stderr });
    const progress = await createProgress(mode, process);
    try {
      const session = await openSession({
        command: 'run',
        need: 'session',
        flags,
        signal: this.signal,
        report: progress.handle,
      });
      try {
        const outcome = await runLoop(session.context, {
          goal: this.args.goal,
          selector: flags.selector,
          windowMs: durationMs(flags.window),
          priority: flags.priority,
          riskMax: Number(flags['max-risk']),
          batch: flags.batch,
          maxFailures: flags['max-failures'],
          bakeMs: durationMs(flags.bake),
        });
        await progress.finish();
        const document = loopDocument(outcome);
        const { decision } = document;
        const color = chalk.level > 0 && !flags['no-color'];
        if (decision !== null)
          this.print(resultCard({ ...document, decision }, { columns: process.stdout.columns ?? 80, color }));
        if (document.rollout.failed > 0) this.endAs('partly-done');
        return document;
      } finally {
        await session.close();
      }
    } catch (thrown) {
      await progress.finish(thrown);
      throw thrown;
    }
  }
}
