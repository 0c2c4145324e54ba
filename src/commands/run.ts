import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import {
  durationMs,
  fleetFlags,
  goalArg,
  goalFlags,
  planFlags,
  rolloutFlags,
  understoodGoal,
} from '../cli/flags.js';
import { rolloutWishes } from '../cli/rollout-wishes.js';
import { showPlan } from '../cli/show-plan.js';
import { transportFlags } from '../cli/transport-flags.js';
import { showLoop } from '../cli/views/loop-view.js';
import type { PlanDocument } from '../cli/views/plan-document.js';
import { withProgress } from '../cli/with-progress.js';
import { type LoopDocument, loopDocument } from '../core/loop-document.js';
import { previewLoop, runLoop } from '../core/pipeline.js';

export default class Run extends BaseCommand<typeof Run> {
  static override summary = 'Run the whole loop once: decide, compile, inject, measure, learn.';
  static override description =
    'Starts a private Redis and a local fleet of simulated agents when nothing is configured and nothing runs, and stops what it started.';
  static override examples = [
    '<%= config.bin %> run "reduce costs 15%"',
    '<%= config.bin %> run "cut latency by 20% within 1 hour" --window 30s --json',
  ];
  static override args = { goal: goalArg };
  static override flags = {
    ...goalFlags,
    ...rolloutFlags,
    ...planFlags,
    ...transportFlags,
    ...fleetFlags,
    ...streamingFlags,
  };

  async run(): Promise<LoopDocument | PlanDocument> {
    const { flags, signal } = this;
    const goal = understoodGoal(this.args.goal);
    const note = (text: string) => this.note(text);
    const need = flags['dry-run'] ? 'running' : 'session';
    const progress = { command: 'run', need, flags, signal, note } as const;
    const request = {
      ...rolloutWishes(flags),
      goal,
      selector: flags.selector,
      windowMs: durationMs(flags.window),
      priority: flags.priority,
      riskMax: Number(flags['max-risk']),
    };
    if (flags['dry-run']) {
      const { preview, unusable } = await withProgress(progress, async ({ context, unusable }) => ({
        preview: await previewLoop(context, request),
        unusable,
      }));
      const { document, text } = showPlan(preview, {
        ...{ savePlan: flags['save-plan'], unusable, nowMs: Date.now() },
      });
      this.print(text);
      return document;
    }
    const outcome = await withProgress(progress, ({ context }) => runLoop(context, request));
    const document = loopDocument(outcome);
    this.print(showLoop(document, flags));
    if (document.rollout.state === 'rolled_back') this.endAs('stopped-by-gate');
    else if (document.rollout.failed > 0) this.endAs('partly-done');
    return document;
  }
}
