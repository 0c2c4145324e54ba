/** A code of the language in, its explanation out: what it means, a source that gets it, and the same source mended. */
import type { DiagnosticCode } from './diagnostic-codes.js';
import { capabilityExplanations } from './explanations/capability-explanations.js';
import type { CodeExplanation } from './explanations/explanation.js';
import { nameExplanations } from './explanations/name-explanations.js';
import { quantityExplanations } from './explanations/quantity-explanations.js';
import { textExplanations } from './explanations/text-explanations.js';
import { warningExplanations } from './explanations/warning-explanations.js';

export const explanations: Readonly<Record<DiagnosticCode, CodeExplanation>> = {
  ...textExplanations,
  ...nameExplanations,
  ...quantityExplanations,
  ...warningExplanations,
  ...capabilityExplanations,
};

/** Whether the code is about capability files rather than programs. */
export function isAboutCapabilities(code: DiagnosticCode): boolean {
  return Object.hasOwn(capabilityExplanations, code);
}
