/** What the checks of one capability file share: where they complain, and what was complained about already. */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { DiagnosticDetails, Span } from '../diagnostics/diagnostics.js';
import type { JsonNode } from './json-source.js';
import type { Places } from './places.js';

export class FileContext {
  readonly text: string;
  readonly places: Places;
  readonly diagnostics: DiagnosticList;
  readonly #reported = new Set<JsonNode>();

  constructor(text: string, places: Places, diagnostics: DiagnosticList) {
    this.text = text;
    this.places = places;
    this.diagnostics = diagnostics;
  }

  /** Nothing more would be kept: whoever goes through many values stops, however many there are. */
  get isFull(): boolean {
    return this.diagnostics.isFull;
  }

  /** Says what is wrong with a value, once: what was reported causes nothing further. */
  report(node: JsonNode, details: Omit<DiagnosticDetails, 'span'> & { readonly span?: Span }): void {
    this.#reported.add(node);
    this.diagnostics.add({ span: this.spanOf(node), ...details });
  }

  /** The value when it is there and nothing was said about it. */
  sound(node: JsonNode | undefined): JsonNode | undefined {
    return node === undefined || this.#reported.has(node) ? undefined : node;
  }

  /** Of objects and lists only the bracket: all of their lines would hide the place. */
  spanOf({ type, offset, length }: JsonNode): Span {
    return this.places.span(offset, type === 'object' || type === 'array' ? 1 : length);
  }

  /** As written, cut short. */
  textOf({ offset, length }: JsonNode): string {
    const written = this.text.slice(offset, offset + length).replaceAll(/\s+/g, ' ');
    return written.length > 40 ? `${written.slice(0, 39)}…` : written;
  }
}
