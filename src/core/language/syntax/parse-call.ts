/** Statements that begin with a name: an action, or what other languages write, which is reported as what it is here. */
import { type Span, spanBetween } from '../diagnostics/diagnostics.js';
import { nearestWord } from '../suggest.js';
import {
  declaresName,
  endsBlock,
  headsBlock,
  insteadOfStatement,
  isElseIf,
  isSpokenFor,
} from './foreign-words.js';
import { parseArguments } from './parse-expression.js';
import { parseLet } from './parse-let.js';
import { parseLoop } from './parse-loop.js';
import { statementKeywords } from './parse-statement.js';
import type { TokenCursor } from './token-cursor.js';
import type { CallNode, StatementNode } from './tree.js';

export function parseNamed(cursor: TokenCursor): StatementNode | undefined {
  const { text } = cursor.current;
  const next = cursor.peek(1);
  if (next.text === '(' && !headsBlock(text) && !/^foreach$/i.test(text)) return parseAction(cursor);
  if (/^for_?each$/i.test(text)) return parseForEach(cursor);
  if (declaresName(text) && next.kind === 'name' && next.span.line === cursor.current.span.line) {
    reportWord(cursor, 'LET');
    return parseLet(cursor);
  }
  if (cursor.is('.', 1)) return parseMethod(cursor);
  if (cursor.is('=', 1)) return parseAssignment(cursor);
  return parseBareAction(cursor) ?? reportLoneName(cursor);
}

/** `ROUTE_TO_CHEAPER_REGION` alone on its line, within a loop: an action that takes the task only is read as it is meant. */
function parseBareAction(cursor: TokenCursor): CallNode | undefined {
  const { taskName, current } = cursor;
  const { text, span } = current;
  const next = cursor.peek(1);
  const isAlone =
    next.kind === 'end' || cursor.is('}', 1) || cursor.is('ELSE', 1) || next.span.line > span.line;
  const isAction = cursor.plainActions.has(text);
  const couldBe = isAction || (/^[A-Z]+(?:_[A-Z]+)+$/.test(text) && nearestKeyword(text) === undefined);
  if (taskName === undefined || !isAlone || !couldBe || cursor.givenNames.has(text)) return undefined;
  const written = `${text}(${taskName}${isAction ? '' : ', …'})`;
  cursor.report({
    code: 'DN008',
    message: `the task that ${text} applies to is missing`,
    span,
    found: text,
    expected: written,
    hint: `write ${written}`,
    suggestion: isAction ? { span, replacement: written, certain: true } : undefined,
  });
  if (!isAction) return undefined;
  cursor.take();
  return {
    kind: 'call',
    action: { name: text, span },
    arguments: [{ kind: 'reference', name: taskName, span }],
    span,
  };
}

function nearestKeyword(text: string): string | undefined {
  return nearestWord(text, statementKeywords);
}

function parseAction(cursor: TokenCursor): CallNode | undefined {
  const { text, span } = cursor.take();
  const values = parseArguments(cursor, `of ${text}`);
  if (values === undefined) return undefined;
  const action = { name: text, span };
  return { kind: 'call', action, arguments: values, span: spanBetween(span, cursor.previous.span) };
}

function parseForEach(cursor: TokenCursor): StatementNode | undefined {
  reportWord(cursor, 'FOR EACH');
  return parseLoop(cursor, { hasEach: !cursor.is('(', 1) });
}

/** Says what the current word is here; it is not taken. */
function reportWord(cursor: TokenCursor, meant: string): void {
  const { text, span } = cursor.current;
  cursor.report({
    code: 'DN008',
    message: `${text} is written ${meant} here`,
    span,
    found: text,
    expected: meant,
    suggestion: { span, replacement: meant, certain: true },
  });
}

/** `task.REDUCE(30%)` is read as the action that it means; a field cannot be set. */
function parseMethod(cursor: TokenCursor): CallNode | undefined {
  const { text: object, span } = cursor.current;
  const action = cursor.peek(2);
  const isCall = action.kind === 'name' && cursor.is('(', 3);
  if (object === 'task_queue' || insteadOfStatement(object) !== undefined || !isCall) {
    reportField(cursor, isCall);
    return undefined;
  }
  const given = placeAmongArguments(cursor, object);
  const isAlone = cursor.is(')', 4) || (given === 'first' && cursor.is(')', 5));
  const written = given === 'first' ? '' : `${object}${isAlone ? '' : ', '}`;
  cursor.report({
    code: 'DN008',
    message: 'an action is no method of a task',
    span: spanBetween(span, action.span),
    found: `${object}.${action.text}(`,
    expected: `${action.text}(${object}${isAlone ? '' : ', …'})`,
    hint: 'the task is the first argument of an action',
    suggestion: {
      span: spanBetween(span, cursor.peek(3).span),
      replacement: `${action.text}(${written}`,
      certain: given !== 'behind' && cursor.givenNames.has(object),
    },
  });
  cursor.take();
  cursor.take();
  const call = parseAction(cursor);
  if (call === undefined || given !== 'nowhere') return call;
  return { ...call, arguments: [{ kind: 'reference', name: object, span }, ...call.arguments] };
}

/** Whether the object of a method is given to it once more, as in `task.REDUCE(task, 30%)`. */
function placeAmongArguments(cursor: TokenCursor, object: string): 'first' | 'behind' | 'nowhere' {
  const isWhole = (ahead: number) => cursor.is(',', ahead + 1) || cursor.is(')', ahead + 1);
  const begins = (ahead: number) => /^[(,=]$/.test(cursor.peek(ahead - 1).text);
  for (
    let ahead = 4;
    ahead < tokensLookedAt && !cursor.is('{', ahead) && !cursor.is('}', ahead);
    ahead += 1
  ) {
    const { kind, text } = cursor.peek(ahead);
    if (kind === 'name' && text === object && isWhole(ahead) && begins(ahead))
      return ahead === 4 ? 'first' : 'behind';
    if (cursor.is(')', ahead) && cursor.peek(ahead + 1).span.line > cursor.peek(ahead).span.line) break;
  }
  return 'nowhere';
}

const tokensLookedAt = 40;

function reportField(cursor: TokenCursor, isCall: boolean): void {
  const { text } = cursor.current;
  const instead =
    text === 'task_queue'
      ? 'a loop is written FOR EACH task IN task_queue { … }'
      : (insteadOfStatement(text) ?? 'fields of a task are read; actions change tasks');
  const message = isCall ? `${text} has no methods` : 'a field stands here alone';
  cursor.complain(cursor.is('=', 3) ? 'a field cannot be set' : message, 'a statement', instead);
}

/** `limit = 1GB` is read as a LET, so that its uses are in order; a name that has a value keeps it. */
function parseAssignment(cursor: TokenCursor): StatementNode | undefined {
  const { text, span } = cursor.current;
  if (cursor.givenNames.has(text)) {
    cursor.complain(
      `${text} has a value already, and keeps it`,
      'a statement',
      'give another name with LET; a program does not count or add up over tasks',
    );
    return undefined;
  }
  cursor.report({
    code: 'DN008',
    message: `LET is missing before ${text}`,
    span,
    found: text,
    expected: 'LET',
    suggestion: { span: { ...span, length: 0 }, replacement: 'LET ', certain: true },
  });
  return parseLet(cursor, { hasLet: false });
}

function reportLoneName(cursor: TokenCursor): undefined {
  const { text, span } = cursor.current;
  const known = aboutWord(cursor);
  const keyword = known === undefined ? nearestKeyword(text) : undefined;
  cursor.report({
    code: 'DN008',
    message: keyword === undefined ? `${text} is no statement` : `${text} is not a keyword`,
    span,
    found: text,
    expected: cursor.statementsHere,
    ...(keyword === undefined ? {} : correction(span, keyword)),
    ...known,
  });
  cursor.take();
  if (endsBlock(text)) skipWordsOfEnd(cursor);
}

function correction(span: Span, keyword: string) {
  return { hint: `did you mean ${keyword}?`, suggestion: { span, replacement: keyword, certain: false } };
}

/** What can be said about a word beyond that it is none of the language. */
function aboutWord(cursor: TokenCursor): { readonly message?: string; readonly hint: string } | undefined {
  const { text, span } = cursor.current;
  const next = cursor.peek(1);
  const onLine = next.span.line === span.line;
  if (endsBlock(text)) return { message: `a block ends with }, not with ${text}`, hint: 'write { … }' };
  if (isElseIf(text))
    return { message: `this ${text} belongs to no IF`, hint: 'write ELSE IF behind a branch' };
  if (isSpokenFor(text, 'FUNC'))
    return { hint: 'a file holds one program, and programs do not call each other' };
  const instead = insteadOfStatement(text);
  if (instead !== undefined) return { message: `there is no ${text}`, hint: instead };
  if (cursor.givenNames.has(text) && onLine && /^[+\-*/]$/.test(next.text))
    return { message: `${text} keeps its value`, hint: 'a program does not count or add up over tasks' };
  const isArgument = next.kind === 'name' || next.kind === 'number';
  if (onLine && isArgument)
    return { message: `the arguments of ${text} stand between ( and )`, hint: `write ${text}(task, …)` };
  return undefined;
}

/** `END IF`, `END FOR`: the word behind says only what ends. */
function skipWordsOfEnd(cursor: TokenCursor): void {
  const { kind, text } = cursor.current;
  const belongs = kind === 'keyword' && ['IF', 'FOR', 'FUNC'].includes(text);
  if (!cursor.opensLine && (belongs || kind === 'name')) cursor.take();
}
