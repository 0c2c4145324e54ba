/** What the flag parser says in, the same in our own words out; what is not known stays as it is. */
export function parserWords(message: string): string {
  return (
    wordsOf(message) ??
    message
      .split('\n')
      .map((line) => wordsOf(line.trim()) ?? line.trim())
      .join('\n')
  );
}

const rules: readonly (readonly [said: RegExp, words: (...parts: readonly string[]) => string])[] = [
  [
    /^Expected (--[\w-]+)=(.*) to be one of: (.*)$/s,
    (flag, value, those) => `${flag} ${quoted(value)} is none of ${those}.`,
  ],
  [/^Expected (.*) to be one of: (.*)$/s, (value, those) => `${quoted(value)} is none of ${those}.`],
  [
    /^Flag (--[\w-]+) expects one of these values: (.*)$/,
    (flag, those) => `${flag} needs a value: one of ${those}.`,
  ],
  [/^Flag (--[\w-]+) expects a value$/, (flag) => `${flag} needs a value.`],
  [/^Flag (--[\w-]+) can only be specified once$/, (flag) => `${flag} is given more than once.`],
  [
    /^(--[\w-]+)(?:=.*)? cannot also be provided when using (--[\w-]+)$/s,
    (flag, other) => `${flag} and ${other} cannot be given together.`,
  ],
];

function wordsOf(said: string): string | undefined {
  for (const [pattern, words] of rules) {
    const match = pattern.exec(said);
    if (match !== null) return words(...match.slice(1));
  }
  return undefined;
}

function quoted(value = ''): string {
  return JSON.stringify(value.slice(0, 80));
}
