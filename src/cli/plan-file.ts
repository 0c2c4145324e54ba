/** The path of a plan as typed in; the plan that it holds out, or an error that names it. Saves one, too. */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { DreamnetError } from '../core/errors.js';
import { parsePlan, planFileBytesMax, planText, type SavedPlan } from '../core/injector/plan/plan-file.js';
import { systemWords } from '../core/system-words.js';
import { readInput } from './input-file.js';

export function readPlanFile(path: string): SavedPlan {
  const { name, bytes } = readInput(path, { what: 'a plan', bytesMax: planFileBytesMax });
  return parsePlan(Buffer.from(bytes).toString('utf8'), name);
}

/** Written aside and renamed, so that nobody finds half of it. Throws DN552. */
export function writePlanFile(path: string, plan: SavedPlan): void {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(aside, planText(plan), { flag: 'wx', mode: 0o644 });
    renameSync(aside, path);
  } catch (cause) {
    rmSync(aside, { force: true });
    throw new DreamnetError({
      code: 'DN552',
      kind: 'failed',
      message: `The plan cannot be saved to ${path}: ${systemWords(cause)}.`,
      hint: 'Choose another place with --save-plan.',
      cause,
    });
  }
}
