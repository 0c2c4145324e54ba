import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { durationMs, fleetFlags, goalArg, goalFlags } from '../cli/flags.js';
import { decisionText } from '../cli/views/decision-view.js';
import { withProgress } from '../cli/with-progress.js';
import { type DecisionDocument, decisionDocument } from '../core/loop-document.js';
import type { Decision } from '../core/nerve/messages/decision.js';
import { decide } from '../core/pipeline.js';

interface DecideDocument {
  readonly decision: DecisionDocument;
  /** The command that rolls it out. */
  readonly next: string;
}

export default class Decide extends BaseCommand<typeof Decide> {
  static override summary = 'Turn a goal into a decision, and publish its instruction.';
  static override description =
    'Starts a fleet of simulated agents that stays until `dreamnet down` when nothing is configured and nothing runs. The instruction waits on swarm:instructions for `dreamnet inject`.';
  static override examples = [
    '<%= config.bin %> decide "reduce costs 15%"',
    '<%= config.bin %> decide "cut latency by 20% within 1 hour" --selector class=web --json',
  ];
  static override args = { goal: goalArg };
  static override flags = { ...goalFlags, ...fleetFlags, ...streamingFlags };

  async run(): Promise<DecideDocument> {
    const { flags, signal } = this;
    const note = (text: string) => this.note(text);
    let decided: Decision | undefined;
    try {
      const decision = await withProgress(
        {
          command: 'decide',
          need: 'daemon',
          flags,
          signal,
          note,
          onEvent: (event) => {
            if (event.type === 'decided') decided = event.decision;
          },
        },
        ({ context }) =>
          decide(context, {
            goal: this.args.goal,
            selector: flags.selector,
            windowMs: durationMs(flags.window),
            priority: flags.priority,
            riskMax: Number(flags['max-risk']),
          }),
      );
      const next = `dreamnet inject ${decision.instruction.id}`;
      this.print(decisionText(decision, { next }));
      return { decision: decisionDocument(decision), next };
    } catch (thrown) {
      // One that waits for approval is worth reading too.
      if (decided !== undefined) this.print(decisionText(decided, {}));
      throw thrown;
    }
  }
}
