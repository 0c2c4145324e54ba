/** What a rollout would do in; the document and the text of a dry run out, and the plan kept where that was asked for. */
import { savePlan } from '../core/injector/plan/plan-file.js';
import type { Preview } from '../core/injector/plan/preview-rollout.js';
import { writePlanFile } from './plan-file.js';
import { type PlanDocument, planDocument } from './views/plan-document.js';
import { planText } from './views/plan-view.js';

export interface ShowPlanOptions {
  /** Where to save it. */
  readonly savePlan: string | undefined;
  /** The file that it was read from. */
  readonly plan?: string | undefined;
  /** Containers and the like that were found and cannot be used, a sentence each. */
  readonly unusable: readonly string[];
  readonly nowMs: number;
}

export function showPlan(
  preview: Preview,
  { savePlan: path, plan, unusable, nowMs }: ShowPlanOptions,
): { document: PlanDocument; text: string } {
  if (path !== undefined) writePlanFile(path, savePlan(preview, nowMs));
  const document = planDocument(preview, { unusable, savedTo: path });
  const file = path ?? plan;
  const next =
    file === undefined
      ? 'the same without --dry-run; --save-plan FILE keeps this very plan'
      : `dreamnet inject --plan ${file}`;
  return { document, text: planText(document, next) };
}
