/** Text in, the columns that a terminal gives to it out: East Asian characters and emoji take two, marks none. */

const ZERO_WIDTH = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;
const WIDE =
  /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader sees as one character, with the UTF-16 unit at which it begins and the columns that it takes. */
export interface Grapheme {
  readonly text: string;
  readonly at: number;
  readonly columns: number;
}

/** Control characters and colours count as one column each: take them out before. */
export function* graphemesOf(text: string): Generator<Grapheme> {
  if (/^[\u0020-\u007e]*$/u.test(text)) {
    for (let at = 0; at < text.length; at += 1) yield { text: text.charAt(at), at, columns: 1 };
    return;
  }
  for (const { segment, index } of segmenter.segment(text)) {
    yield { text: segment, at: index, columns: graphemeColumns(segment) };
  }
}

function graphemeColumns(grapheme: string): number {
  if (ZERO_WIDTH.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
