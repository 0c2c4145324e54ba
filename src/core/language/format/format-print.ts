/** A layout in, text out: lines of at most so many columns where the layout allows it, comments not counted. */
import { type Break, type Group, isSequence, type Layout } from './format-layout.js';
import type { Word } from './format-words.js';

const columnsMax = 100;
const indentColumns = 2;

/** Ends with one line feed. */
export function printLayout(layout: Layout): string {
  const lines = new Lines();
  const pending: Frame[] = [{ layout, columns: 0, isFlat: false }];
  for (let frame = pending.pop(); frame !== undefined; frame = pending.pop()) {
    const { layout: part, columns, isFlat } = frame;
    if (isSequence(part)) pushParts(pending, part, frame);
    else if (part.kind === 'indent') {
      pending.push({ layout: part.content, columns: columns + indentColumns, isFlat });
    } else if (part.kind === 'group') {
      pending.push({
        layout: part.content,
        columns,
        isFlat: isFlat || fits(part, pending, columnsMax - lines.column(columns)),
      });
    } else if (part.kind === 'word') printWord(part, lines, columns);
    else if (part.kind === 'comment') lines.write(part.text, columns);
    else printBreak(part, lines, isFlat);
  }
  return lines.text();
}

interface Frame {
  readonly layout: Layout;
  /** Indentation of lines that begin in it. */
  readonly columns: number;
  /** Inside a group that is one line. */
  readonly isFlat: boolean;
}

function pushParts(pending: Frame[], parts: readonly Layout[], { columns, isFlat }: Frame): void {
  for (const layout of parts.toReversed()) pending.push({ layout, columns, isFlat });
}

/** A comment ends its line also where the layout has no end of a line; what follows is then one level deeper. */
function printWord({ text, before, after }: Word, lines: Lines, columns: number): void {
  const own = lines.isAtStart ? columns : columns + indentColumns;
  for (const remark of before) {
    lines.end();
    lines.write(remark.text, own);
    lines.end();
  }
  lines.write(text, own);
  if (after === undefined) return;
  lines.space();
  lines.write(after, own);
  lines.mustEnd = true;
}

function printBreak(part: Break, lines: Lines, isFlat: boolean): void {
  if (part.kind === 'newline') lines.end(part.blank);
  else if (part.kind === 'line' && !isFlat) lines.end();
  else if (part.kind === 'space' || part.flat === ' ') lines.space();
}

/** Whether the group, and what follows it up to where a line may end, has room on the line. */
function fits(group: Group, rest: readonly Frame[], columns: number): boolean {
  if (group.mustBreak) return false;
  const pending: Frame[] = [{ layout: group.content, columns: 0, isFlat: true }];
  let [room, restAt] = [columns, rest.length];
  while (room >= 0) {
    restAt -= pending.length === 0 ? 1 : 0;
    const frame = pending.pop() ?? rest[restAt];
    if (frame === undefined) return true;
    const { layout: part, isFlat } = frame;
    if (isSequence(part)) pushParts(pending, part, frame);
    else if (part.kind === 'indent') pending.push({ ...frame, layout: part.content });
    else if (part.kind === 'group') {
      pending.push({ ...frame, layout: part.content, isFlat: isFlat || !part.mustBreak });
    } else if (part.kind === 'word') {
      room -= [...part.text].length;
      if (part.after !== undefined) return room >= 0;
    } else if (part.kind === 'space') room -= 1;
    else if (part.kind === 'line' && isFlat) room -= part.flat.length;
    else return true;
  }
  return false;
}

/** The text so far. A blank is written only when something follows it on its line. */
class Lines {
  readonly #lines: string[] = [];
  #current = '';
  #hasSpace = false;
  /** Set behind a comment: whatever comes next begins a line. */
  mustEnd = false;

  get isAtStart(): boolean {
    return this.#current === '';
  }

  /** Where the next text would begin, on a line with the given indentation. */
  column(indentation: number): number {
    if (this.isAtStart || this.mustEnd) return indentation;
    return this.#current.length + (this.#hasSpace ? 1 : 0);
  }

  space(): void {
    this.#hasSpace = true;
  }

  write(text: string, indentation: number): void {
    if (text === '') return;
    if (this.mustEnd) this.end();
    const gap = this.#hasSpace ? ' ' : '';
    this.#current = this.isAtStart ? ' '.repeat(indentation) + text : this.#current + gap + text;
    this.#hasSpace = false;
  }

  end(blank = false): void {
    if (!this.isAtStart) this.#lines.push(this.#current);
    if (blank && this.#lines.length > 0) this.#lines.push('');
    this.#current = '';
    this.#hasSpace = false;
    this.mustEnd = false;
  }

  text(): string {
    this.end();
    return `${this.#lines.join('\n')}\n`;
  }
}
