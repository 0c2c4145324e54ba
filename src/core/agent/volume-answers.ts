/** A host's reporter and an order that came by a volume in, a reporter out that answers in the agent's files as well. */
import { messageOf } from '../errors.js';
import type { Reporter } from './report.js';
import type { VolumeLetter } from './volume-orders.js';

export function answeringInFiles(
  reporter: Reporter,
  letter: VolumeLetter,
  log: (line: string) => void,
): Reporter {
  // Who waits for the answer may still get it by the other way.
  const written = (work: Promise<void>) =>
    work.catch((thrown) => log(`${letter.agent} could not answer in its files: ${messageOf(thrown)}`));
  return {
    ...reporter,
    async acknowledge(order, answers) {
      for (const { acknowledgement } of answers) await written(letter.acknowledge(acknowledgement));
      await reporter.acknowledge(order, answers);
    },
    async orderRefused(code, reason) {
      if (letter.isLeftOver) return log(`${letter.agent} passed over an order of before: ${code} ${reason}`);
      await written(letter.refuse(code, reason));
      await reporter.orderRefused(code, reason);
    },
  };
}
