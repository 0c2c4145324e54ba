import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { durationMs, fleetFlags, goalArg, goalFlags, understoodGoal } from '../cli/flags.js';
import { decisionText } from '../cli/views/decision-view.js';
import { withProgress } from '../cli/with-progress.js';
import { isWithinRisk } from '../core/governor/decide.js';
import { type DecisionDocument, decisionDocument } from '../core/loop-document.js';
import { decide } from '../core/pipeline.js';

interface DecideDocument {
  readonly decision: DecisionDocument;
  /** False: its risk is above what is tolerated; it is recorded, and waits to be allowed. */
  readonly sent: boolean;
  /** What to type next. */
  readonly next: string;
}

export default class Decide extends BaseCommand<typeof Decide> {
  static override summary = 'Turn a goal into a decision, and publish its instruction.';
  static override description =
    'Starts a fleet of simulated agents that stays until `dreamnet down` when nothing is configured and nothing runs. The instruction waits on swarm:instructions for `dreamnet inject`.';
  static override examples = [
    '<%= config.bin %> decide "reduce costs 15%"',
    '<%= config.bin %> decide "cut latency by 20%" --selector class=web --json',
  ];
  static override args = { goal: goalArg };
  static override flags = { ...goalFlags, ...fleetFlags, ...streamingFlags };

  async run(): Promise<DecideDocument> {
    const { flags, signal } = this;
    const goal = understoodGoal(this.args.goal);
    const note = (text: string) => this.note(text);
    const decision = await withProgress(
      { command: 'decide', need: 'daemon', flags, signal, note },
      ({ context }) =>
        decide(context, {
          goal,
          selector: flags.selector,
          windowMs: durationMs(flags.window),
          priority: flags.priority,
          riskMax: Number(flags['max-risk']),
        }),
    );
    const sent = isWithinRisk(decision);
    const next = sent
      ? `dreamnet inject ${decision.instruction.id}`
      : `nothing was sent; to allow it, decide again with --max-risk ${Math.ceil(decision.risk.score * 100) / 100}`;
    this.print(decisionText(decision, { sent, next }));
    if (!sent) this.endAs('waits-for-approval');
    return { decision: decisionDocument(decision), sent, next };
  }
}
