/** An error of the JSON parser in, what to tell about it out: message, what was found, what was expected. */
import type { ParseError } from 'jsonc-parser';

export interface SyntaxErrorText {
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
}

export function describeSyntaxError({ error, offset, length }: ParseError, text: string): SyntaxErrorText {
  const found = text.slice(offset, offset + length).slice(0, 40);
  return { message: `this is not JSON (${error})`, found };
}
