/** Text in, coloured text out; whether there may be colours is decided before, not by looking at a stream. */
import { styleText } from 'node:util';

export type Paint = Parameters<typeof styleText>[0];

export function paint(format: Paint, text: string): string {
  return styleText(format, text, { validateStream: false });
}
