/**
 * What an agent wrote into its `ack`: text in, which program it says that it loaded, or why it did not, out. Three forms are
 * understood (docs/transports.md): one 64-digit hexadecimal number anywhere, as `sha256sum` prints it; a line
 * `error: REASON`; and the SDK's Acknowledgement as one JSON document.
 */
import { limits } from '../../limits.js';
import { type Acknowledgement, acknowledgementSchema } from '../../nerve/messages/order.js';
import { parseRecord } from '../../nerve/records.js';

export type Ack =
  | { readonly digest: string }
  | { readonly error: string }
  | { readonly document: Acknowledgement };

/** Undefined for what says nothing, or is only half written; `isFinished` is true where no more is to be expected. */
export function parseAck(text: string, isFinished: boolean): Ack | undefined {
  if (text.trimStart().startsWith('{')) {
    const document = parseRecord(text, acknowledgementSchema);
    return document === undefined ? undefined : { document };
  }
  const error = /^error:[ \t]*(?<reason>.*)(?<end>\n?)/m.exec(text)?.groups;
  if (error !== undefined) {
    if (error.end === '' && !isFinished) return undefined;
    return { error: plainWords(error.reason ?? '') || 'it gave no reason' };
  }
  const digests = text.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/gi) ?? [];
  const [hex] = digests;
  return digests.length === 1 && hex !== undefined ? { digest: `sha256:${hex.toLowerCase()}` } : undefined;
}

/** An agent's text goes to terminals and records: printable and bounded. */
export function plainWords(text: string): string {
  return text
    .replaceAll(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, limits.reasonCharactersMax / 2);
}
