/** What is known of a code in, the document of `explain` out. */
import type { CodeSummary, ExplainedCode } from '../explain-code.js';
import { type DiagnosticDocument, diagnosticDocument } from './diagnostics-document.js';

export type ExplainDocument = { readonly codes: readonly CodeSummary[] } | ExplanationDocument;

export type ExplanationDocument = Omit<ExplainedCode, 'example'> & {
  readonly example?: {
    readonly wrong: string;
    readonly diagnostics: readonly DiagnosticDocument[];
    readonly right: string;
  };
};

export function explanationDocument({ example, ...explained }: ExplainedCode): ExplanationDocument {
  if (example === undefined) return explained;
  const { fileName: file, wrong, diagnostics, right } = example;
  const said = diagnostics.map((one) => diagnosticDocument(one, { file, source: wrong }));
  return { ...explained, example: { wrong, diagnostics: said, right } };
}
