/** A text that should be JSON in, its tree with places out, or why it is none. Comments and trailing commas are fine. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import { type BracketProblem, bracketProblem } from './json-brackets.js';
import { describeSyntaxError } from './json-syntax-errors.js';
import type { Places } from './places.js';

export type JsonNode = Node;

/** Undefined when something was reported: a tree guessed from broken text would only cause further errors. */
export function parseJson(text: string, places: Places, diagnostics: DiagnosticList): JsonNode | undefined {
  const plain = withoutMark(text);
  const brackets = bracketProblem(plain);
  if (plain.includes('\0')) reportNul(plain, places, diagnostics);
  else if (brackets?.kind === 'too deep') reportBrackets(brackets, places, diagnostics);
  else return parsePlain(plain, brackets, places, diagnostics);
  return undefined;
}

/** The value of a key, and the first one when it is given twice. */
export function member(node: JsonNode | undefined, key: string): JsonNode | undefined {
  if (node?.type !== 'object') return undefined;
  return node.children?.find(({ children = [] }) => children[0]?.value === key)?.children?.[1];
}

export interface Property {
  readonly key: JsonNode;
  readonly value: JsonNode;
}

/** Of an object; none of anything else. */
export function properties(node: JsonNode | undefined): Property[] {
  if (node?.type !== 'object') return [];
  return (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
    key === undefined || value === undefined ? [] : [{ key, value }],
  );
}

/** Of a list; none of anything else. */
export function items(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.type === 'array' ? (node.children ?? []) : [];
}

/** A byte order mark becomes a space, so that every offset stays. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
}

function parsePlain(
  text: string,
  brackets: BracketProblem | undefined,
  places: Places,
  diagnostics: DiagnosticList,
): JsonNode | undefined {
  const errors: ParseError[] = [];
  const tree = parseTree(readable(text, brackets), errors, {
    allowTrailingComma: true,
    allowEmptyContent: true,
  });
  const isSwallowed = errors.some(swallowsTheRest);
  for (const error of independent(errors, tree, brackets, places)) {
    const { start = error.offset, ...told } = describeSyntaxError(error, text, tree);
    diagnostics.add({
      code: 'DN051',
      span: places.span(start, error.offset + error.length - start),
      ...told,
    });
  }
  if (brackets !== undefined && !isSwallowed) reportBrackets(brackets, places, diagnostics);
  if (tree === undefined && !diagnostics.hasErrors) reportEmpty(places, diagnostics);
  return diagnostics.hasErrors ? undefined : tree;
}

/**
 * Behind a wrong bracket nobody knows what is in what: nothing is told about it, the tree is not used, and the parser, which
 * recurses and does not take a wrong bracket for the end of anything, could go deeper than `bracketProblem` counted.
 */
function readable(text: string, brackets: BracketProblem | undefined): string {
  return brackets?.kind === 'wrong' ? text.slice(0, brackets.offset) : text;
}

/**
 * Without those that another one causes: one of each line is left, none behind a bracket that is wrong, or behind text or a
 * comment that is not closed, and only the first of a file that is something else than JSON.
 */
function independent(
  errors: readonly ParseError[],
  tree: JsonNode | undefined,
  brackets: BracketProblem | undefined,
  places: Places,
): ParseError[] {
  const ofLine = new Map<number, ParseError>();
  for (const [index, error] of errors.entries()) {
    if (error.offset >= (brackets?.offset ?? Number.POSITIVE_INFINITY)) break;
    if (isCausedBy(errors[index - 1], error)) continue;
    const { line } = places.span(error.offset, 0);
    if (!ofLine.has(line) || swallowsTheRest(error)) ofLine.set(line, error);
    if (error.offset < (tree?.offset ?? Number.POSITIVE_INFINITY) || swallowsTheRest(error)) break;
  }
  return [...ofLine.values()];
}

/** What the parser cannot read it leaves out, and then misses it. */
function isCausedBy(before: ParseError | undefined, error: ParseError): boolean {
  if (before === undefined || printParseErrorCode(error.error) !== 'ValueExpected') return false;
  return /^(InvalidSymbol|PropertyNameExpected)$/.test(printParseErrorCode(before.error));
}

function swallowsTheRest({ error }: ParseError): boolean {
  const name = printParseErrorCode(error);
  return name === 'UnexpectedEndOfString' || name === 'UnexpectedEndOfComment';
}

function reportNul(text: string, places: Places, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: 'DN051',
    message: 'a NUL byte is no part of JSON',
    span: places.span(text.indexOf('\0'), 1),
    hint: 'is this a binary or UTF-16 file? Save it as UTF-8',
  });
}

function reportBrackets(problem: BracketProblem, places: Places, diagnostics: DiagnosticList): void {
  const { message, expected, hint, offset, length, opened } = problem;
  const related = opened === undefined ? [] : [{ span: places.span(opened, 1), message: 'it begins here' }];
  diagnostics.add({ code: 'DN051', message, span: places.span(offset, length), expected, hint, related });
}

function reportEmpty(places: Places, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: 'DN051',
    message: 'the file is empty',
    span: places.span(0, 0),
    expected: 'an object: { "version": 1, "name": "…", "fields": […], "actions": […] }',
  });
}
